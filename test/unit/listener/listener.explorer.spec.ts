import { Controller, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, ListenerDefinitionError, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { ListenerExplorer } from '../../../lib/listener/listener.explorer.js';
import { startInMemory } from './memory-application.js';

@Event('explorer.first')
class First {
  @Allow() n!: number;
}

@Event('explorer.second')
class Second {
  @Allow() n!: number;
}

@Event('explorer_b.other')
class Other {
  @Allow() n!: number;
}

const EVENTS = [First, Second, Other];

interface Parts {
  providers?: Provider[];
  controllers?: Type<object>[];
  imports?: Type<object>[];
}

/** Starts the parts, fires one event of each class, and resolves to the listeners' names and places. */
async function run(parts: Parts) {
  const started = await startInMemory({ events: EVENTS, ...parts });
  await started.bus.fire(First, { n: 1 });
  await started.bus.fire(Second, { n: 2 });
  await started.bus.fire(Other, { n: 3 });
  await started.whenHandled();
  const listeners = started.app
    .get(ListenerExplorer)
    .explore(false)
    .listeners.map(({ name, place }) => `${name}: ${place}`);
  return { ...started, listeners };
}

class Seen {
  readonly seen: unknown[] = [];
}

describe('the explorer finds', () => {
  it('providers and controllers', async () => {
    @Injectable()
    class OnProvider extends Seen {
      @OnEvent(First, { listenerName: 'on_provider' })
      handle({ n }: First) {
        this.seen.push(n);
      }
    }
    @Controller()
    class OnController extends Seen {
      @OnEvent(First, { listenerName: 'on_controller' })
      handle({ n }: First) {
        this.seen.push(n);
      }
    }
    const { app, listeners } = await run({ providers: [OnProvider], controllers: [OnController] });
    expect(listeners.sort()).toEqual([
      'on_controller: OnController.handle (AppModule)',
      'on_provider: OnProvider.handle (AppModule)',
    ]);
    expect(app.get(OnProvider).seen).toEqual([1]);
    expect(app.get(OnController).seen).toEqual([1]);
  });

  it('methods that are inherited from an abstract class', async () => {
    abstract class Base extends Seen {
      protected abstract readonly factor: number;
      @OnEvent(First, { listenerName: 'inherited' })
      handle({ n }: First) {
        this.seen.push(n * this.factor);
      }
    }
    @Injectable()
    class Derived extends Base {
      protected readonly factor = 10;
    }
    const { app, listeners } = await run({ providers: [Derived] });
    expect(listeners).toEqual(['inherited: Derived.handle (AppModule)']);
    expect(app.get(Derived).seen).toEqual([10]);
  });

  it('private methods', async () => {
    @Injectable()
    class Private extends Seen {
      @OnEvent(First, { listenerName: 'private' })
      private handle({ n }: First) {
        this.seen.push(n);
      }
    }
    const { app } = await run({ providers: [Private] });
    expect(app.get(Private).seen).toEqual([1]);
  });

  it('several listeners on one method, each with a selection of its own', async () => {
    @Injectable()
    class Stacked extends Seen {
      @OnEvent(First, { listenerName: 'stacked_first' })
      @OnEvent(Other, { listenerName: 'stacked_other' })
      handle(event: First | Other, message: EventMessage) {
        this.seen.push([event.constructor.name, message.consumerGroup]);
      }
    }
    const { app, listeners } = await run({ providers: [Stacked] });
    expect(listeners).toEqual([
      'stacked_first: Stacked.handle (AppModule)',
      'stacked_other: Stacked.handle (AppModule)',
    ]);
    const { seen } = app.get(Stacked);
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual(['First', 'service-stacked_first']);
    expect(seen).toContainEqual(['Other', 'service-stacked_other']);
  });

  it('providers under a string, a symbol and a class as token', async () => {
    class Handlers extends Seen {
      constructor(private readonly name: string) {
        super();
      }
      protected note({ n }: First) {
        this.seen.push(`${this.name} ${n}`);
      }
    }
    class UnderString extends Handlers {
      constructor() {
        super('string');
      }
      @OnEvent(First, { listenerName: 'under_string' })
      handle(event: First) {
        this.note(event);
      }
    }
    class UnderSymbol extends Handlers {
      constructor() {
        super('symbol');
      }
      @OnEvent(First, { listenerName: 'under_symbol' })
      handle(event: First) {
        this.note(event);
      }
    }
    abstract class Port {}
    class UnderClass extends Handlers {
      constructor() {
        super('class');
      }
      @OnEvent(First, { listenerName: 'under_class' })
      handle(event: First) {
        this.note(event);
      }
    }
    const symbol = Symbol('token');
    const { app, listeners } = await run({
      providers: [
        { provide: 'token', useClass: UnderString },
        { provide: symbol, useClass: UnderSymbol },
        { provide: Port, useClass: UnderClass },
      ],
    });
    expect(listeners.sort()).toEqual([
      'under_class: UnderClass.handle (AppModule, provided as Port)',
      'under_string: UnderString.handle (AppModule, provided as token)',
      'under_symbol: UnderSymbol.handle (AppModule, provided as Symbol(token))',
    ]);
    expect(app.get<Seen>('token').seen).toEqual(['string 1']);
    expect(app.get<Seen>(symbol).seen).toEqual(['symbol 1']);
    expect(app.get<Seen>(Port).seen).toEqual(['class 1']);
  });

  it('what factories make and values are, under any token', async () => {
    class Made extends Seen {
      constructor(readonly name: string) {
        super();
      }
    }
    class ByFactory extends Made {
      @OnEvent(First, { listenerName: 'by_factory' })
      handle() {
        this.seen.push(this.name);
      }
    }
    class ByValue extends Made {
      @OnEvent(First, { listenerName: 'by_value' })
      handle() {
        this.seen.push(this.name);
      }
    }
    const [factory, value] = [Symbol('factory'), Symbol('value')];
    const { app, listeners } = await run({
      providers: [
        { provide: factory, useFactory: () => Promise.resolve(new ByFactory('made')) },
        { provide: value, useValue: new ByValue('given') },
      ],
    });
    expect(listeners).toEqual([
      'by_factory: ByFactory.handle (AppModule, provided as Symbol(factory))',
      'by_value: ByValue.handle (AppModule, provided as Symbol(value))',
    ]);
    expect(app.get<Seen>(factory).seen).toEqual(['made']);
    expect(app.get<Seen>(value).seen).toEqual(['given']);
  });

  it('a provider once, whatever other tokens stand for it', async () => {
    @Injectable()
    class Once extends Seen {
      @OnEvent(First, { listenerName: 'once' })
      handle({ n }: First) {
        this.seen.push(n);
      }
    }
    const { app, listeners } = await run({
      providers: [
        { provide: 'factory', useFactory: (once: Once) => once, inject: [Once] },
        { provide: 'alias', useExisting: Once },
        Once,
        { provide: 'alias of the alias', useExisting: 'alias' },
      ],
    });
    expect(listeners).toEqual(['once: Once.handle (AppModule)']);
    expect(app.get(Once).seen).toEqual([1]);
  });

  it('a provider once, if a module exports it to another', async () => {
    @Injectable()
    class Shared extends Seen {
      @OnEvent(First, { listenerName: 'shared' })
      handle({ n }: First) {
        this.seen.push(n);
      }
    }
    @Module({ providers: [Shared], exports: [Shared] })
    class SharedModule {}
    @Module({ imports: [SharedModule], exports: [SharedModule] })
    class OtherModule {}
    const { app, listeners } = await run({ imports: [SharedModule, OtherModule] });
    expect(listeners).toEqual(['shared: Shared.handle (SharedModule)']);
    expect(app.get(Shared).seen).toEqual([1]);
  });

  it('nothing in accessors, which it does not evaluate', async () => {
    let evaluated = 0;
    @Injectable()
    class Accessors extends Seen {
      constructor() {
        super();
        Object.defineProperty(this, 'own', { get: fail, enumerable: true });
      }
      get property(): never {
        return fail();
      }
      @OnEvent(First, { listenerName: 'beside_accessors' })
      handle({ n }: First) {
        this.seen.push(n);
      }
    }
    function fail(): never {
      evaluated++;
      throw new Error('evaluated');
    }
    const { app } = await run({ providers: [Accessors] });
    expect(app.get(Accessors).seen).toEqual([1]);
    expect(evaluated).toBe(0);
  });

  it('its way around providers that are no objects of a class', async () => {
    const { listeners } = await run({
      providers: [
        { provide: 'null', useValue: null },
        { provide: 'text', useValue: 'text' },
        { provide: 'function', useValue: () => 'called' },
        { provide: 'record', useValue: Object.create(null) as object },
        { provide: 'list', useValue: [1, 2] },
      ],
    });
    expect(listeners).toEqual([]);
  });
});

describe('selectors', () => {
  it('in an array may be classes and names, of several APIs', async () => {
    @Injectable()
    class Mixed extends Seen {
      @OnEvent([First, 'explorer.second', Other], { listenerName: 'mixed' })
      handle(event: object, message: EventMessage) {
        this.seen.push([message.canonicalName, event.constructor.name]);
      }
    }
    const { app } = await run({ providers: [Mixed] });
    expect(app.get(Mixed).seen).toHaveLength(3);
    expect(app.get(Mixed).seen).toEqual(
      expect.arrayContaining([
        ['explorer.first', 'First'],
        ['explorer.second', 'Second'],
        ['explorer_b.other', 'Other'],
      ]),
    );
  });

  it("'<api>.*' is every event of that API and no other", async () => {
    @Injectable()
    class Wild extends Seen {
      @OnEvent('explorer.*', { listenerName: 'wild' })
      handle(event: object, message: EventMessage) {
        this.seen.push([message.eventName, event.constructor.name]);
      }
    }
    const { app } = await run({ providers: [Wild] });
    expect(app.get(Wild).seen).toEqual([
      ['first', 'First'],
      ['second', 'Second'],
    ]);
  });

  @Event('explorer.first')
  class OwnFirst {}

  it.each([
    ['before', [OwnFirst, 'explorer.first', 'explorer.*']],
    ['after', ['explorer.*', 'explorer.first', OwnFirst]],
  ])('by class win over names, wildcards and registered classes, %s them', async (_, selectors) => {
    @Injectable()
    class Both extends Seen {
      @OnEvent(selectors, { listenerName: 'both' })
      handle(event: object) {
        this.seen.push(event.constructor.name);
      }
    }
    const { app } = await run({ providers: [Both] });
    expect(app.get(Both).seen).toEqual(['OwnFirst', 'Second']);
  });
});

describe('listener names', () => {
  async function startError(parts: Parts): Promise<Error> {
    return run(parts).then(
      () => new Error('It started.'),
      (error: unknown) => error as Error,
    );
  }

  it('may be the same on different APIs', async () => {
    @Injectable()
    class Handlers extends Seen {
      @OnEvent(First, { listenerName: 'same' })
      first() {
        this.seen.push('first');
      }
      @OnEvent(Other, { listenerName: 'same' })
      other() {
        this.seen.push('other');
      }
    }
    const { app } = await run({ providers: [Handlers] });
    expect([...app.get(Handlers).seen].sort()).toEqual(['first', 'other']);
  });

  it('that are twice on one API stop the start, with both places', async () => {
    @Injectable()
    class One {
      @OnEvent(First, { listenerName: 'twice' })
      handle() {
        return undefined;
      }
    }
    @Controller()
    class Two {
      @OnEvent(['explorer_b.*', 'explorer.*'], { listenerName: 'twice' })
      listen() {
        return undefined;
      }
    }
    const error = await startError({ providers: [One], controllers: [Two] });
    expect(error).toBeInstanceOf(ListenerDefinitionError);
    expect(error.message).toMatch(/^Two listeners of API 'explorer' are named 'twice': /);
    expect(error.message).toContain('One.handle (AppModule)');
    expect(error.message).toContain('Two.listen (AppModule)');
  });

  it('that are twice on one method stop the start', async () => {
    @Injectable()
    class Handlers {
      @OnEvent(First, { listenerName: 'stacked' })
      @OnEvent(Second, { listenerName: 'stacked' })
      handle() {
        return undefined;
      }
    }
    expect(await startError({ providers: [Handlers] })).toMatchObject({
      code: 'LIGHTBUS_LISTENER_DEFINITION',
      message: expect.stringContaining(
        'Handlers.handle (AppModule) and Handlers.handle (AppModule)',
      ) as unknown,
    });
  });

  it('of a class that two modules provide stop the start, with both modules', async () => {
    @Injectable()
    class Provided {
      @OnEvent(First, { listenerName: 'provided_twice' })
      handle() {
        return undefined;
      }
    }
    @Module({ providers: [Provided] })
    class AModule {}
    @Module({ providers: [Provided] })
    class BModule {}
    const error = await startError({ imports: [AModule, BModule] });
    expect(error).toBeInstanceOf(ListenerDefinitionError);
    expect(error.message).toContain('Provided.handle (AModule)');
    expect(error.message).toContain('Provided.handle (BModule)');
    expect(error.message).toContain('provide it once and export it');
  });

  it('of a class under two tokens stop the start, with both tokens', async () => {
    @Injectable()
    class Provided {
      @OnEvent(First, { listenerName: 'two_tokens' })
      handle() {
        return undefined;
      }
    }
    const error = await startError({
      providers: [Provided, { provide: 'other token', useClass: Provided }],
    });
    expect(error.message).toContain('Provided.handle (AppModule)');
    expect(error.message).toContain('Provided.handle (AppModule, provided as other token)');
  });

  it('of an abstract class that two classes inherit stop the start, with both classes', async () => {
    abstract class Base {
      @OnEvent(First, { listenerName: 'of_base' })
      handle() {
        return undefined;
      }
    }
    @Injectable()
    class A extends Base {}
    @Injectable()
    class B extends Base {}
    const error = await startError({ providers: [A, B] });
    expect(error.message).toContain('A.handle (AppModule) and B.handle (AppModule)');
  });

  it('of two classes of one name are told apart by their modules', async () => {
    const make = (listenerName: string) => {
      @Injectable()
      class Same extends Seen {
        @OnEvent(First, { listenerName })
        handle() {
          this.seen.push(listenerName);
        }
      }
      return Same;
    };
    const [A, B] = [make('same_a'), make('same_b')];
    @Module({ providers: [A] })
    class AModule {}
    @Module({ providers: [B] })
    class BModule {}
    const { app } = await run({ imports: [AModule, BModule] });
    expect(app.get(A, { strict: false }).seen).toEqual(['same_a']);
    expect(app.get(B, { strict: false }).seen).toEqual(['same_b']);
  });
});
