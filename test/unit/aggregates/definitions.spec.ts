import { Expose } from 'class-transformer';
import { Allow } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import {
  Aggregate,
  AggregateDefinitionError,
  Apply,
  ConfigurationError,
  defineAggregate,
  Event,
  type EventMessage,
} from 'nestjs-lightbus';
import { definitionOf } from '../../../lib/aggregates/aggregate-definition.js';
import { startApplication } from '../../e2e/application.js';
import { sharedRedis, uniqueName } from '../../support/redis-server.js';
import { Paid, paid, Placed, placed, startOrders, Unkeyed } from './orders.js';

@Event('elsewhere.placed', { key: 'orderId' })
class Elsewhere {
  @Allow() orderId!: string;
}

@Event('aggregates.counted', { key: 'counter' })
class Counted {
  @Allow() counter!: string;
}

@Event('aggregates.renamed', { key: 'orderId' })
class Renamed {
  @Allow() @Expose({ name: 'order' }) orderId!: string;
}

@Event('aggregates.unliftable', { key: 'orderId', version: 2 })
class Unliftable {
  @Allow() orderId!: string;
}

class NoEvent {}

const handles = (...events: (new () => object)[]) => {
  class Handles {}
  for (const event of events) {
    const name = `on${event.name}`;
    const descriptor = { value: () => undefined, configurable: true };
    Object.defineProperty(Handles.prototype, name, descriptor);
    Apply(event)(Handles.prototype, name, descriptor);
  }
  return Handles;
};

describe('@Aggregate', () => {
  it.each([
    ['no events', [], {}, /has no events/],
    ['a missing method', [Placed], { events: [Placed, Paid] }, /no method with @Apply\(Paid\)/],
    ['a foreign method', [Placed, Paid], { events: [Placed] }, /@Apply\(Paid\).*not among/],
    ['no @Event', [NoEvent], { events: [NoEvent] }, /NoEvent, which has no @Event/],
    ['a class that is missing', [], { events: [undefined] }, /undefined, .*cycle/],
    ['an event without key', [Unkeyed], { events: [Unkeyed] }, /no key.*\{ key: 'orderId' \}/],
    [
      'two APIs',
      ...[[Placed, Elsewhere], { events: [Placed, Elsewhere] }, /two APIs, .*'elsewhere\.placed'/],
    ],
    ['versions that nothing lifts', [Unliftable], { events: [Unliftable] }, /no upcaster for 1/],
    ['two keys', ...[[Placed, Counted], { events: [Placed, Counted] }, /'orderId'.*has 'counter'/]],
    [
      'one key by two names on the wire',
      ...[[Placed, Renamed], { events: [Placed, Renamed] }, /'orderId'.*has 'order'/],
    ],
    ['an event twice', [Placed], { events: [Placed, Placed] }, /twice/],
    ['a method twice', [Placed, Placed], { events: [Placed] }, /on onPlaced and on onPlaced/],
    ['a wrong interval', [Placed], { events: [Placed], snapshotEvery: 0 }, /snapshotEvery: 0/],
    ['a wrong revision', [Placed], { events: [Placed], revision: 1.5 }, /revision: 1\.5/],
    ['no options', [Placed], undefined, /has the options undefined/],
  ] as [string, (new () => object)[], never, RegExp][])(
    'refuses %s where the class is decorated',
    (_, applied, options, words) => {
      const decorate = () => Aggregate(options)(handles(...applied));
      expect(decorate).toThrow(AggregateDefinitionError);
      expect(decorate).toThrow(words);
    },
  );

  it('refuses a constructor with arguments, a static method, and a second decorator', () => {
    expect(() => {
      // @ts-expect-error -- it needs an argument
      @Aggregate({ events: [Placed] })
      class NeedsArguments {
        constructor(readonly id: string) {}
        @Apply(Placed) placed(): void {}
      }
      return NeedsArguments;
    }).toThrow(/constructor that needs arguments/);
    expect(() => {
      class Static {
        @Apply(Placed) static placed(): void {}
      }
      return Static;
    }).toThrow(/static method Static\.placed/);
    expect(() => {
      @Aggregate({ events: [Placed] })
      @Aggregate({ events: [Placed] })
      class Twice {
        @Apply(Placed) placed(): void {}
      }
      return Twice;
    }).toThrow(/two @Aggregate/);
  });

  it('applies several events by one method', async () => {
    @Aggregate({ events: [Placed, Paid] })
    class Counter {
      readonly seen: string[] = [];
      @Apply([Placed, Paid]) count(
        event: Placed | Paid,
        { eventName }: EventMessage<object>,
      ): void {
        this.seen.push(`${event.constructor.name} ${eventName}`);
      }
    }
    const { bus, aggregates } = await startOrders();
    await bus.fireAll([placed('o1'), paid('o1', 1)]);
    const { state } = await aggregates.load(Counter, 'o1');
    expect(state.seen).toEqual(['Placed placed', 'Paid paid']);
    const twice = () => {
      @Aggregate({ events: [Placed, Paid] })
      class Twice {
        @Apply([Placed, Paid]) both(): void {}
        @Apply(Paid) paid(): void {}
      }
      return Twice;
    };
    expect(twice).toThrow(/has @Apply\(Paid\) on both and on paid/);
  });

  it('inherits methods; those of the subclass are stronger', async () => {
    class Base {
      readonly calls: string[] = [];
      @Apply(Placed) placed(): void {
        this.calls.push('placed');
      }
      @Apply(Paid) paid(): void {
        this.calls.push('paid');
      }
    }
    @Aggregate({ events: [Placed, Paid] })
    class Derived extends Base {
      override placed(): void {
        this.calls.push('placed by the subclass');
      }
      @Apply(Paid) payment(): void {
        this.calls.push('payment');
      }
    }
    const { bus, aggregates } = await startOrders();
    await bus.fireAll([placed('o1'), paid('o1', 1)]);
    const { state } = await aggregates.load(Derived, 'o1');
    expect(state.calls).toEqual(['placed by the subclass', 'payment']);
  });
});

describe('defineAggregate', () => {
  it('gives the same thing, with any state', async () => {
    const total = defineAggregate({
      events: [Placed, Paid],
      initial: () => 0,
      evolve: (state, event) => (event instanceof Paid ? state + event.amount : state),
    });
    const { aggregates } = await startOrders();
    const result = await aggregates.change(total, 'o1', (state, { version }) => {
      expect([state, version]).toEqual([0, 0]);
      return [placed('o1'), paid('o1', 3)];
    });
    expect(result).toMatchObject({ state: 3, version: 2 });
    expect(await aggregates.load(total, 'o1')).toEqual({ state: 3, version: 2 });
  });

  it('refuses events as @Aggregate does, what is no function, and a promise', async () => {
    const functions = { initial: () => 0, evolve: (state: number) => state };
    const refused = [
      () => defineAggregate({ ...functions, events: [] }),
      () => defineAggregate({ ...functions, events: [Placed, Counted] }),
      () => defineAggregate({ ...functions, events: [Placed], evolve: undefined as never }),
    ];
    for (const define of refused) expect(define).toThrow(AggregateDefinitionError);
    const { bus, aggregates } = await startOrders();
    await bus.fire(placed('o1'));
    const late = defineAggregate({
      events: [Placed],
      initial: (): unknown => 0,
      evolve: async () => Promise.resolve(1),
    });
    await expect(aggregates.load(late, 'o1')).rejects.toThrow(/evolve .* returned a promise/);
  });

  it('takes a name, and the name of the API without', () => {
    const functions = { initial: () => 0, evolve: (state: number) => state };
    const named = defineAggregate({ ...functions, events: [Placed], name: 'order' });
    expect([named.name, definitionOf(named).name]).toEqual(['order', 'order']);
    expect(defineAggregate({ ...functions, events: [Placed] }).name).toBe('aggregates');
  });
});

describe('an aggregate on an API where it can not be had', () => {
  @Event('aggregates.moved', { key: 'orderId' })
  class Moved {
    @Allow() orderId!: string;
  }

  @Aggregate({ events: [Moved] })
  class Parcel {
    @Apply(Moved) moved(): void {}
  }

  it.each([
    ['stream_use', 'per_event'],
    ['max_stream_length', 100],
  ])('is refused at the start by %s, which its events are registered for', async (name, value) => {
    const { url } = await sharedRedis();
    const starting = startApplication({
      ...{ url, service: uniqueName('aggregate'), events: [Moved], redis: { [name]: value } },
    });
    const error: unknown = await starting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(
      new RegExp(`aggregate Parcel, .*'aggregates\\.moved'.*${name}`),
    );
  });

  it('is refused at its first use, where they are not', async () => {
    const { url } = await sharedRedis();
    const { app } = await startApplication({
      ...{ url, service: uniqueName('aggregate'), redis: { stream_use: 'per_event' } },
    });
    const { Aggregates } = await import('nestjs-lightbus');
    const load = app.get(Aggregates).load(Parcel, 'p1');
    await expect(load).rejects.toThrow(/The aggregate Parcel can't be used on 'aggregates'/);
  });
});
