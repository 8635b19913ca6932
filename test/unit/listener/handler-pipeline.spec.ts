import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Catch,
  Controller,
  Inject,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentMetadata,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { InterceptorsConsumer } from '@nestjs/core/interceptors/interceptors-consumer.js';
import { describe, expect, it, jest } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { tap, type Observable } from 'rxjs';
import { startInMemory } from './memory-application.js';

@Event('pipeline.counted')
class Counted {
  @Allow() n!: number;
}

/** What happened, in order; a new one for each test. */
class Diary {
  readonly lines: unknown[] = [];
  write = (line: unknown): void => void this.lines.push(line);
}

function start(parts: Parameters<typeof startInMemory>[0]) {
  const providers = [Diary, ...(parts.providers ?? [])];
  return startInMemory({ events: [Counted], ...parts, providers });
}

@Injectable()
class DiaryGuard implements CanActivate {
  constructor(private readonly diary: Diary) {}
  canActivate(context: ExecutionContext): boolean {
    const [event, message] = context.getArgs<[Counted, EventMessage<Counted>]>();
    this.diary.write([
      'guard',
      context.getType<string>(),
      context.getClass().name,
      context.getHandler().name,
      event.n,
      message.canonicalName,
    ]);
    return true;
  }
}

@Injectable()
class DiaryInterceptor implements NestInterceptor {
  constructor(private readonly diary: Diary) {}
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.diary.write(`before, ${context.getType<string>()}`);
    return next.handle().pipe(tap(() => this.diary.write('after')));
  }
}

@Injectable()
class DiaryPipe implements PipeTransform {
  constructor(private readonly diary: Diary) {}
  transform(value: Counted, { type, metatype }: ArgumentMetadata): Counted {
    this.diary.write(`pipe, ${type} ${metatype?.name ?? ''}`);
    return Object.assign(new Counted(), { n: value.n * 2 });
  }
}

@Catch()
class DiaryFilter implements ExceptionFilter {
  constructor(@Inject(Diary) private readonly diary: Diary) {}
  catch(error: Error, host: ArgumentsHost): string {
    this.diary.write(`filter, ${host.getType<string>()}: ${error.message}`);
    return 'handled';
  }
}

class Guarded {
  @UseGuards(DiaryGuard)
  @OnEvent(Counted, { listenerName: 'guarded' })
  handle() {
    return undefined;
  }
}

describe('the asynchronous context of a handler', () => {
  const storage = new AsyncLocalStorage<string>();

  /** As those of `nestjs-cls` do. */
  class Entering implements CanActivate {
    canActivate(): boolean {
      storage.enterWith(`guard, ${storage.getStore()}`);
      return true;
    }
  }

  @Injectable()
  class Contexts {
    constructor(private readonly diary: Diary) {}

    @OnEvent(Counted, { listenerName: 'synchronous' })
    synchronous() {
      this.enter('synchronous');
    }

    @OnEvent(Counted, { listenerName: 'asynchronous' })
    async asynchronous() {
      this.enter('asynchronous');
      await Promise.resolve();
    }

    @UseGuards(new Entering())
    @OnEvent(Counted, { listenerName: 'guarded' })
    guarded() {
      this.enter('guarded');
    }

    private enter(who: string): void {
      this.diary.write(`${who}: ${storage.getStore()}`);
      storage.enterWith(who);
    }
  }

  it('is its own: what one event enters, the next does not find', async () => {
    const { app, bus, whenHandled } = await start({ providers: [Contexts] });
    await bus.fireAll([1, 2, 3].map((n) => Object.assign(new Counted(), { n })));
    await whenHandled();
    const asynchronous = 'asynchronous: undefined';
    const guarded = 'guarded: guard, undefined';
    const synchronous = 'synchronous: undefined';
    expect(app.get(Diary).lines.sort()).toEqual([
      ...[asynchronous, asynchronous, asynchronous],
      ...[guarded, guarded, guarded],
      ...[synchronous, synchronous, synchronous],
    ]);
  });
});

describe('the pipeline of Nest', () => {
  /** How often it is entered for one event. */
  async function entries(parts: Parameters<typeof start>[0]): Promise<number> {
    const intercept = jest.spyOn(InterceptorsConsumer.prototype, 'intercept');
    const { bus, whenHandled } = await start(parts);
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    const { length } = intercept.mock.calls;
    intercept.mockRestore();
    return length;
  }

  function handlersWith(onMethod: MethodDecorator[], onClass: ClassDecorator[]): Type<object> {
    class Handlers {
      handle() {
        return this;
      }
    }
    const method = Object.getOwnPropertyDescriptor(Handlers.prototype, 'handle')!;
    const all = [...onMethod, OnEvent(Counted, { listenerName: 'entering' }) as MethodDecorator];
    all.forEach((decorate) => decorate(Handlers.prototype, 'handle', method));
    [...onClass, Injectable()].forEach((decorate) => decorate(Handlers));
    return Handlers;
  }

  it('is not entered where nothing is to run around a handler', async () => {
    expect(await entries({ providers: [handlersWith([], [])] })).toBe(0);
    const options = { inheritAppConfig: true };
    expect(await entries({ providers: [handlersWith([], [])], options })).toBe(0);
  });

  it.each([
    ['guard', UseGuards(DiaryGuard)],
    ['interceptor', UseInterceptors(DiaryInterceptor)],
    ['pipe', UsePipes(DiaryPipe)],
    ['filter', UseFilters(DiaryFilter)],
  ])('is entered where a %s is bound to the method or the class', async (_, bind) => {
    expect(await entries({ providers: [handlersWith([bind], [])] })).toBe(1);
    expect(await entries({ providers: [handlersWith([], [bind])] })).toBe(1);
  });

  it.each<[string, (app: INestApplication) => unknown]>([
    ['guard', (app) => app.useGlobalGuards({ canActivate: () => true })],
    ['interceptor', (app) => app.useGlobalInterceptors({ intercept: (_, next) => next.handle() })],
    ['pipe', (app) => app.useGlobalPipes({ transform: (value: unknown) => value })],
    ['filter', (app) => app.useGlobalFilters({ catch: () => undefined })],
  ])('is entered where the application has a %s, if that is inherited', async (_, prepare) => {
    const providers = [handlersWith([], [])];
    const options = { inheritAppConfig: true };
    expect(await entries({ providers, prepare, options })).toBe(1);
    expect(await entries({ providers, prepare })).toBe(0);
  });
});

describe('handlers run through the pipeline of Nest', () => {
  class Enhanced {
    constructor(@Inject(Diary) private readonly diary: Diary) {}

    @UseGuards(DiaryGuard)
    @UseInterceptors(DiaryInterceptor)
    @UsePipes(DiaryPipe)
    @UseFilters(DiaryFilter)
    @OnEvent(Counted, { listenerName: 'enhanced' })
    handle(event: Counted, message: EventMessage<Counted>) {
      this.diary.write(`handler, ${event.n} ${message.payload.n}`);
      throw new Error('no');
    }
  }

  const expected = [
    ['guard', 'lightbus', 'Enhanced', 'handle', 21, 'pipeline.counted'],
    'before, lightbus',
    'pipe, body Counted',
    'handler, 42 21',
    'filter, lightbus: no',
  ];

  it('calls guard, interceptor, pipe, handler and filter in the order of Nest, none of them provided', async () => {
    @Injectable()
    class OnProvider extends Enhanced {}
    Object.defineProperty(OnProvider, 'name', { value: 'Enhanced' });
    const { app, bus, whenHandled } = await start({ providers: [OnProvider] });
    await bus.fire(Counted, { n: 21 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual(expected);
  });

  it('does the same on a controller', async () => {
    @Controller()
    class OnController extends Enhanced {}
    Object.defineProperty(OnController, 'name', { value: 'Enhanced' });
    const { app, bus, whenHandled } = await start({ controllers: [OnController] });
    await bus.fire(Counted, { n: 21 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual(expected);
  });

  it('does the same on a provider under a token', async () => {
    const provider = { provide: Symbol('handlers'), useClass: Enhanced };
    const { app, bus, whenHandled } = await start({ providers: [provider] });
    await bus.fire(Counted, { n: 21 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual(expected);
  });

  it('runs what is bound to the class around each of its handlers', async () => {
    @Injectable()
    @UseGuards(DiaryGuard)
    @UseInterceptors(DiaryInterceptor)
    class Handlers {
      constructor(private readonly diary: Diary) {}
      @OnEvent(Counted, { listenerName: 'bound_to_class' })
      handle() {
        this.diary.write('handler');
      }
    }
    const { app, bus, whenHandled } = await start({ providers: [Handlers] });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual([
      ['guard', 'lightbus', 'Handlers', 'handle', 1, 'pipeline.counted'],
      'before, lightbus',
      'handler',
      'after',
    ]);
  });

  it('lets a guard read metadata of handler and class', async () => {
    @Injectable()
    class Roles implements CanActivate {
      constructor(
        private readonly reflector: Reflector,
        private readonly diary: Diary,
      ) {}
      canActivate(context: ExecutionContext) {
        const targets = [context.getHandler(), context.getClass()];
        this.diary.write(this.reflector.getAllAndMerge('roles', targets));
        return true;
      }
    }
    @Injectable()
    @SetMetadata('roles', ['class'])
    @UseGuards(Roles)
    class Handlers {
      @SetMetadata('roles', ['method'])
      @OnEvent(Counted, { listenerName: 'roles' })
      handle() {
        return undefined;
      }
    }
    const { app, bus, whenHandled } = await start({ providers: [Handlers] });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual([['method', 'class']]);
  });

  it('runs a guard that is given as an instance', async () => {
    const diary = new Diary();
    @Injectable()
    class Handlers {
      @UseGuards(new DiaryGuard(diary))
      @OnEvent(Counted, { listenerName: 'guard_instance' })
      handle() {
        diary.write('handler');
      }
    }
    // A factory's product: Nest makes no enhancers for it, but needs not make this one.
    const provider = { provide: 'handlers', useFactory: () => new Handlers() };
    const { bus, whenHandled } = await start({ providers: [provider] });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(diary.lines).toEqual([
      ['guard', 'lightbus', 'Handlers', 'handle', 1, 'pipeline.counted'],
      'handler',
    ]);
  });

  it.each<[string, Provider]>([
    ['made by a factory', { provide: 'handlers', useFactory: () => new Guarded() }],
    ['given as a value', { provide: 'handlers', useValue: new Guarded() }],
  ])('refuses the guard class of a provider that is %s', async (_, provider) => {
    await expect(start({ providers: [provider] })).rejects.toThrow(
      /^DiaryGuard on Guarded\.handle \(.*\) would not run: .* new DiaryGuard\(/,
    );
  });

  it('calls a method that the constructor has bound, with its guards', async () => {
    @Injectable()
    class Bound {
      constructor(private readonly diary: Diary) {
        this.handle = this.handle.bind(this);
      }
      @UseGuards(DiaryGuard)
      @OnEvent(Counted, { listenerName: 'bound' })
      handle({ n }: Counted) {
        this.diary.write(n);
      }
    }
    const { app, bus, whenHandled } = await start({ providers: [Bound] });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(app.get(Diary).lines).toEqual([expect.arrayContaining(['guard']), 1]);
  });

  it('calls a spy that stands in for the method', async () => {
    @Injectable()
    class Handlers {
      @OnEvent(Counted, { listenerName: 'spied' })
      handle(event: Counted, message: EventMessage<Counted>) {
        return [event, message];
      }
    }
    const spies: unknown[] = [];
    const { bus, whenHandled } = await start({
      providers: [Handlers],
      prepare: (app) => spies.push(jest.spyOn(app.get(Handlers), 'handle')),
    });
    await bus.fire(Counted, { n: 1 });
    await whenHandled();
    expect(spies[0]).toHaveBeenCalledTimes(1);
    expect(spies[0]).toHaveBeenCalledWith(
      Object.assign(new Counted(), { n: 1 }),
      expect.objectContaining({ eventName: 'counted' }),
    );
  });
});
