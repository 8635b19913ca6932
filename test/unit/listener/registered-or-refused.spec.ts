import {
  Controller,
  Inject,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader, REQUEST, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Allow } from 'class-validator';
import {
  Event,
  EventBus,
  ListenerDefinitionError,
  LightbusModule,
  OnEvent,
  type EventMessage,
} from 'nestjs-lightbus';
import { LightbusTestingModule } from 'nestjs-lightbus/testing';
import { startInMemory, type MemoryApplicationParts } from './memory-application.js';

@Event('registered.counted')
class Counted {
  @Allow() n!: number;
}

/** What was called, in order; a new one for each test. */
let calls: string[] = [];
beforeEach(() => void (calls = []));

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What a decorator for tracing does that nobody taught about metadata. */
const Traced =
  (name = 'traced'): MethodDecorator =>
  (_target, _name, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as Method;
    descriptor.value = function (this: unknown, ...args: unknown[]) {
      calls.push(name);
      return method.apply(this, args);
    };
  };

/** What a decorator that binds methods does. */
const Bound: MethodDecorator = (_target, name, { value }: PropertyDescriptor) =>
  ({
    configurable: true,
    get(this: object) {
      const bound = (value as Method).bind(this);
      Object.defineProperty(this, name, { value: bound, configurable: true, writable: true });
      return bound;
    },
  }) as PropertyDescriptor;

/** Starts an application, fires one event, and resolves to what was called. */
async function callsOf(parts: MemoryApplicationParts): Promise<string[]> {
  const { bus, whenHandled } = await startInMemory({ events: [Counted], ...parts });
  await bus.fire(Counted, { n: 1 });
  await whenHandled();
  return calls;
}

/** What a start that must be refused says. */
async function refusal(parts: MemoryApplicationParts): Promise<string> {
  const error: unknown = await startInMemory(parts).then(
    () => new Error('It started.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ListenerDefinitionError);
  return (error as Error).message;
}

/** A new class on each call: other applications of this process must not have had it. */
function handlersNamed(listenerName: string): Type<object> {
  @Injectable()
  class Handlers {
    @OnEvent(Counted, { listenerName })
    handle() {
      calls.push('handled');
    }
  }
  return Handlers;
}

@Injectable()
class Guard implements CanActivate {
  canActivate(): boolean {
    calls.push('guard');
    return true;
  }
}

describe('a method that another decorator has wrapped', () => {
  it('above @OnEvent is a listener, and the wrapper is what is called', async () => {
    @Injectable()
    class Handlers {
      @Traced()
      @OnEvent(Counted, { listenerName: 'wrapped' })
      handle({ n }: Counted, message: EventMessage<Counted>) {
        calls.push(`${n} ${message.eventName}`);
      }
    }
    expect(await callsOf({ providers: [Handlers] })).toEqual(['traced', '1 counted']);
  });

  it('between, below and above several @OnEvents is each of those listeners', async () => {
    @Injectable()
    class Handlers {
      @Traced('top')
      @OnEvent(Counted, { listenerName: 'first' })
      @Traced('middle')
      @OnEvent(Counted, { listenerName: 'second' })
      @Traced('bottom')
      handle() {
        calls.push('handled');
      }
    }
    const once = ['top', 'middle', 'bottom', 'handled'];
    expect(await callsOf({ providers: [Handlers] })).toEqual([...once, ...once]);
  });

  it('is a listener where the decorator made it an accessor, also per request', async () => {
    @Injectable()
    class Handlers {
      readonly name = 'bound';
      @Bound
      @OnEvent(Counted, { listenerName: 'accessor' })
      handle() {
        calls.push(this.name);
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      constructor(@Inject(REQUEST) private readonly message: EventMessage) {}
      @Bound
      @OnEvent(Counted, { listenerName: 'accessor_per_request' })
      handle() {
        calls.push(this.message.eventName);
      }
    }
    const called = await callsOf({ providers: [Handlers, PerRequest] });
    expect(called.sort()).toEqual(['bound', 'counted']);
  });

  it.each<[string, PropertyDescriptor, RegExp]>([
    ['gives nothing', { get: () => undefined }, /gives undefined where a function is due/],
    ['gives null', { get: () => null }, /gives null where a function is due/],
    [
      'throws',
      {
        get() {
          throw new Error('not yet');
        },
      },
      /can't be called: .* Error: not yet/,
    ],
  ])('is refused where an accessor in its place %s', async (_, descriptor, reason) => {
    const Broken: MethodDecorator = () => descriptor;
    @Injectable()
    class Handlers {
      @Broken
      @OnEvent(Counted, { listenerName: 'broken' })
      handle() {
        return undefined;
      }
    }
    const message = await refusal({ providers: [Handlers] });
    expect(message).toMatch(/^Handlers\.handle \(AppModule\) has an @OnEvent/);
    expect(message).toMatch(reason);
  });

  it('is a listener where the constructor wraps it', async () => {
    @Injectable()
    class Handlers {
      constructor() {
        const handle = this.handle.bind(this);
        this.handle = () => {
          calls.push('wrapped');
          handle();
        };
      }
      @OnEvent(Counted, { listenerName: 'constructor' })
      handle() {
        calls.push('handled');
      }
    }
    expect(await callsOf({ providers: [Handlers] })).toEqual(['wrapped', 'handled']);
  });

  it('is a listener where a class decorator replaces the methods of the prototype', async () => {
    const TraceAll: ClassDecorator = (type) => {
      const prototype = type.prototype as Record<string, Method>;
      const { handle } = prototype as { handle: Method };
      prototype.handle = function (...args) {
        calls.push('traced');
        return handle.apply(this, args);
      };
    };
    @TraceAll
    @Injectable()
    class Handlers {
      @OnEvent(Counted, { listenerName: 'replaced' })
      handle() {
        calls.push('handled');
      }
    }
    expect(await callsOf({ providers: [Handlers] })).toEqual(['traced', 'handled']);
  });

  it('is a listener where a class decorator returns a subclass or a proxy', async () => {
    const Subclass = (type: Type<object>) => class extends type {} as never;
    const Proxied = (type: Type<object>) => new Proxy(type, {}) as never;
    const types = ['subclass', 'proxy'].map((listenerName) => {
      @(listenerName === 'proxy' ? Proxied : Subclass)
      @Injectable()
      class Handlers {
        @OnEvent(Counted, { listenerName })
        handle() {
          calls.push(listenerName);
        }
      }
      return Handlers;
    });
    expect((await callsOf({ providers: types })).sort()).toEqual(['proxy', 'subclass']);
  });

  it('is a listener of a class that takes it over from another one', async () => {
    const double = { transform: ({ n }: Counted) => ({ n: n * 2 }) };
    class Mixin {
      @OnEvent(Counted, { listenerName: 'mixin' })
      handle({ n }: Counted) {
        calls.push(`mixed in ${n}`);
      }
    }
    @UsePipes(double)
    @Injectable()
    class Handlers {}
    const handle = Object.getOwnPropertyDescriptor(Mixin.prototype, 'handle') ?? {};
    Object.defineProperty(Handlers.prototype, 'handle', handle);
    expect(await callsOf({ providers: [Handlers] })).toEqual(['mixed in 2']);
  });

  it('is refused where an enhancer lies on the function that the wrapper hides', async () => {
    const filter = new (class QuietFilter {
      catch = () => undefined;
    })();
    @Injectable()
    class Handlers {
      @Traced()
      @OnEvent(Counted, { listenerName: 'hidden_below' })
      @UseGuards(Guard)
      @UseFilters(filter)
      above() {
        return undefined;
      }
      @OnEvent(Counted, { listenerName: 'wrapped_below' })
      @Traced()
      @UseInterceptors({ intercept: (_: unknown, next: { handle: () => never }) => next.handle() })
      @UsePipes(class Hidden {} as never)
      below() {
        return undefined;
      }
    }
    const message = await refusal({ providers: [Handlers] });
    expect(message).toContain(
      'Guard, QuietFilter would not run around Handlers.above (AppModule): a decorator',
    );
    expect(message).toContain('Object, Hidden would not run around Handlers.below (AppModule): a');
  });

  it('is refused where an accessor hides a guard', async () => {
    @Injectable()
    class Handlers {
      @Bound
      @UseGuards(Guard)
      @OnEvent(Counted, { listenerName: 'accessor_hides' })
      handle() {
        return undefined;
      }
    }
    expect(await refusal({ providers: [Handlers] })).toMatch(
      /^Guard would not run around Handlers\.handle \(AppModule\): /,
    );
  });

  it('keeps its enhancers where they are above, and what guards look up in any place', async () => {
    @Injectable()
    class Roles implements CanActivate {
      constructor(private readonly reflector: Reflector) {}
      canActivate(context: ExecutionContext): boolean {
        calls.push(`roles ${this.reflector.get<string>('roles', context.getHandler())}`);
        return true;
      }
    }
    @Injectable()
    class Handlers {
      @UseGuards(Roles)
      @Traced()
      @SetMetadata('roles', 'admin')
      @OnEvent(Counted, { listenerName: 'above' })
      handle() {
        calls.push('handled');
      }
    }
    const called = await callsOf({ providers: [Handlers] });
    expect(called).toEqual(['roles admin', 'traced', 'handled']);
  });
});

describe('a method that a subclass overrides', () => {
  class Base {
    @OnEvent(Counted, { listenerName: 'base' })
    handle() {
      calls.push(this.constructor.name);
    }
  }
  @Injectable()
  class Silent extends Base {
    override handle() {
      calls.push('silent');
    }
  }

  it('without @OnEvent is refused, naming both', async () => {
    expect(await refusal({ providers: [Silent] })).toMatch(
      /^Base\.handle has an @OnEvent and would never be called: Silent has a method of its own in its place, without one\. Put @OnEvent on Silent\.handle, too/,
    );
  });

  it('without @OnEvent is not, where another provider is the listener', async () => {
    @Injectable()
    class Heard extends Base {}
    expect(await callsOf({ providers: [Silent, Heard] })).toEqual(['Heard']);
  });

  it('with @OnEvent is a listener as the subclass says', async () => {
    @Injectable()
    class Again extends Base {
      @OnEvent(Counted, { listenerName: 'again' })
      override handle() {
        calls.push('again');
      }
    }
    expect(await callsOf({ providers: [Again] })).toEqual(['again']);
  });

  it('is refused where a class decorator returns a subclass that does', async () => {
    const Traces = (type: Type<{ handle(): void }>) =>
      class Tracing extends type {
        override handle() {
          super.handle();
        }
      } as never;
    @Traces
    @Injectable()
    class Handlers {
      @OnEvent(Counted, { listenerName: 'traced_subclass' })
      handle() {
        return undefined;
      }
    }
    expect(await refusal({ providers: [Handlers] })).toMatch(/^Handlers\.handle .*: Tracing has/);
  });

  it('is refused where a decorator takes it away', async () => {
    const Without: ClassDecorator = (type) =>
      void Reflect.deleteProperty(type.prototype as object, 'handle');
    @Without
    @Injectable()
    class Handlers {
      @OnEvent(Counted, { listenerName: 'taken' })
      handle() {
        return undefined;
      }
    }
    expect(await refusal({ providers: [Handlers] })).toMatch(
      /^Handlers\.handle .* no such method any more/,
    );
  });
});

describe('a class that no module provides', () => {
  // What other tests of this file have left is refused, too.
  const strict = { strictListeners: true };

  it('stops the start, with all others', async () => {
    const [One, Two] = [handlersNamed('one'), handlersNamed('two')];
    Object.defineProperty(One, 'name', { value: 'One' });
    Object.defineProperty(Two, 'name', { value: 'Two' });
    expect(await refusal({ options: strict })).toMatch(
      /One\.handle, .*Two\.handle.*: .*no module of this application.*strictListeners: false/,
    );
  });

  it('is no reason where it was a listener of another application, or nobody listens', async () => {
    const Shared = handlersNamed('shared');
    Object.defineProperty(Shared, 'name', { value: 'Shared' });
    const alone = () => refusal({ options: strict });
    expect(await alone()).toContain('Shared.handle');
    await startInMemory({ providers: [Shared] });
    expect(await alone()).not.toContain('Shared.handle');

    handlersNamed('unheard');
    await startInMemory({ options: { ...strict, features: [] } });
  });

  it('is no reason where the application that it was a listener of was refused: hot reloading', async () => {
    const Before = handlersNamed('reloaded');
    Object.defineProperty(Before, 'name', { value: 'Before' });
    const mistake = { ...strict, listeners: { misspelt: {} } };
    expect(await refusal({ providers: [Before], options: mistake })).toContain('misspelt');
    expect(await refusal({ options: strict })).not.toContain('Before.handle');
  });

  it('is told once where strictListeners is off, and not by LightbusTestingModule', async () => {
    const Lost = handlersNamed('lost');
    Object.defineProperty(Lost, 'name', { value: 'Lost' });
    const module = await Test.createTestingModule({
      imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([])],
    }).compile();
    await module.init();
    await module.close();
    const Other = handlersNamed('other');
    Object.defineProperty(Other, 'name', { value: 'Other' });

    const { logs } = await startInMemory({});
    expect(logs.filter((line) => /^warn .*Other\.handle/.test(line))).toHaveLength(1);
    const { logs: later } = await startInMemory({});
    expect(later.filter((line) => line.includes('Other.handle'))).toEqual([]);
  });

  it('is told by LightbusTestingModule where it is asked to be strict', async () => {
    handlersNamed('in_a_test');
    const module = await Test.createTestingModule({
      imports: [LightbusTestingModule.forRoot(strict)],
    }).compile();
    await expect(module.init()).rejects.toThrow(ListenerDefinitionError);
  });

  it('is a class whose factory makes it per request, or inside of something else', async () => {
    const [PerRequest, Inside] = [handlersNamed('per_request'), handlersNamed('inside')];
    Object.defineProperty(PerRequest, 'name', { value: 'PerRequest' });
    Object.defineProperty(Inside, 'name', { value: 'Inside' });
    const message = await refusal({
      providers: [
        { provide: 'a', useFactory: () => new PerRequest(), scope: Scope.REQUEST },
        { provide: 'b', useFactory: () => [new Inside()] },
      ],
      options: strict,
    });
    expect(message).toContain('PerRequest.handle');
    expect(message).toContain('Inside.handle');
  });
});

it('every provider counts: request-scoped, transient, of factories, values, controllers', async () => {
  const names = ['request', 'transient', 'factory', 'value', 'controller', 'abstract'];
  const types = names.map(handlersNamed) as [Type, Type, Type, Type, Type, Type];
  for (const [i, type] of types.entries()) Object.defineProperty(type, 'name', { value: names[i] });
  const [PerRequest, Transient, Made, Value, Controlled, Abstract] = types;
  Injectable({ scope: Scope.REQUEST })(PerRequest);
  Injectable({ scope: Scope.TRANSIENT })(Transient);
  Controller()(Controlled);
  @Injectable()
  class Concrete extends Abstract {}
  await startInMemory({
    controllers: [Controlled],
    providers: [
      ...[PerRequest, Transient, Concrete],
      { provide: 'made', useFactory: () => new Made() as object },
      { provide: 'value', useValue: new Value() as object },
    ],
  });
  // Now they are known as listeners: what is left over is of other tests.
  const message = await refusal({ options: { strictListeners: true } });
  for (const name of names) expect(message).not.toContain(`${name}.handle`);
});

it('everything that is wrong is said at once', async () => {
  const Twice = handlersNamed('twice');
  class Base {
    @OnEvent(Counted, { listenerName: 'overridden' })
    handle() {
      return undefined;
    }
  }
  @Injectable()
  class Silent extends Base {
    override handle() {
      return undefined;
    }
  }
  const message = await refusal({
    providers: [Twice, { provide: 'again', useClass: Twice }, Silent],
    options: { listeners: { nobody: { since: 'now' } } },
  });
  expect(message.split('\n')).toEqual([
    "The listeners can't start:",
    expect.stringMatching(/^- Base\.handle /),
    expect.stringMatching(/^- Two listeners .* 'twice'/),
    expect.stringMatching(/^- The option 'listeners' .* nobody/),
  ]);
});

describe('a module that is loaded lazily after the start', () => {
  async function loader() {
    const { app } = await startInMemory({ events: [Counted] });
    return app.get(LazyModuleLoader);
  }
  const reason = /^LazyModule was loaded lazily, and has handlers .*: Handlers\.handle \(/;

  it.each<[string, (type: Type<object>) => Type<object> | DynamicModule]>([
    [
      'static providers',
      (type) => {
        @Module({ providers: [type] })
        class LazyModule {}
        return LazyModule;
      },
    ],
    [
      'static controllers',
      (type) => {
        Controller()(type);
        @Module({ controllers: [type] })
        class LazyModule {}
        return LazyModule;
      },
    ],
    [
      'dynamic providers',
      (type) => {
        @Module({})
        class LazyModule {}
        return { module: LazyModule, providers: [{ provide: 'x', useFactory: () => new type() }] };
      },
    ],
    [
      'an import with handlers',
      (type) => {
        @Module({ providers: [type] })
        class Inner {}
        @Module({ imports: [Inner] })
        class LazyModule {}
        return LazyModule;
      },
    ],
  ])('and has handlers among %s is refused, each time', async (_, make) => {
    const lazy = await loader();
    const module = make(handlersNamed('lazy'));
    await expect(lazy.load(() => module as Type)).rejects.toThrow(reason);
    await expect(lazy.load(() => module as Type)).rejects.toThrow(ListenerDefinitionError);
  });

  it('and has none is loaded, and so is what the application had before', async () => {
    @Module({ providers: [handlersNamed('early')] })
    class EarlyModule {}
    const { app } = await startInMemory({ events: [Counted], imports: [EarlyModule] });
    @Module({ imports: [EarlyModule], providers: [Guard] })
    class LazyModule {}
    const loaded = await app.get(LazyModuleLoader).load(() => LazyModule);
    expect(loaded.get(Guard)).toBeInstanceOf(Guard);
    await app.get(EventBus).fire(Counted, { n: 1 });
  });

  it('is not refused before the start, nor where nobody listens', async () => {
    @Module({ providers: [handlersNamed('before_the_start')] })
    class BeforeModule {}
    @Injectable()
    class Loading {
      constructor(private readonly lazy: LazyModuleLoader) {}
      async onModuleInit() {
        await this.lazy.load(() => BeforeModule);
      }
    }
    expect(await callsOf({ providers: [Loading] })).toEqual(['handled']);

    const { app } = await startInMemory({ options: { features: [] } });
    @Module({ providers: [handlersNamed('unheard')] })
    class UnheardModule {}
    await app.get(LazyModuleLoader).load(() => UnheardModule);
  });

  it('is refused where it was under way when the listeners started', async () => {
    @Module({ providers: [handlersNamed('under_way')] })
    class LazyModule {}
    let loading: Promise<unknown> = Promise.resolve();
    let open: (type: Type<object>) => void = () => undefined;
    const opened = new Promise<Type<object>>((resolve) => (open = resolve));
    @Injectable()
    class Loading {
      constructor(private readonly lazy: LazyModuleLoader) {}
      onModuleInit() {
        loading = this.lazy.load(() => opened);
      }
    }
    await startInMemory({ providers: [Loading] });
    open(LazyModule);
    await expect(loading).rejects.toThrow(reason);
  });
});

describe('a second copy of the package', () => {
  it('in memory is noticed, and what it decorated refused', async () => {
    jest.resetModules();
    const second = await import('nestjs-lightbus');
    expect(second.OnEvent).not.toBe(OnEvent);
    @Injectable()
    class Handlers {
      @second.OnEvent('registered.counted', { listenerName: 'second_copy' })
      handle() {
        return undefined;
      }
    }
    expect(await refusal({ providers: [Handlers] })).toMatch(
      /^Handlers\.handle would never be called: its @OnEvent is that of another copy .*loaded a second time.*npm ls nestjs-lightbus/,
    );
  });

  it('of version 0.1.0, which tells nobody, is noticed', async () => {
    class Base {
      handle() {
        return undefined;
      }
    }
    Reflect.defineMetadata('lightbus:handler_parameters', {}, Base, 'handle');
    @Injectable()
    class Handlers extends Base {}
    expect(await refusal({ providers: [Handlers] })).toMatch(/^Base\.handle .*: version 0\.1\.0/);
  });
});
