import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Exclude, Type } from 'class-transformer';
import { IsArray } from 'class-validator';
import type { INestApplication } from '@nestjs/common';
import { Aggregate, Aggregates, Apply, defineAggregate, Event, EventBus } from 'nestjs-lightbus';
import { EventRegistry } from '../../../lib/event/event-registry.js';
import { LightbusLogger } from '../../../lib/logger.js';
import { Stores } from '../../../lib/store/stores.js';
import { readingOf } from '../../../lib/aggregates/state-classes.js';
import { Line, Order, paid, Paid, placed, Placed, startOrders, viewed } from './orders.js';

const STREAM = 'aggregates.*:stream';
const NAME = 'Order:orderId:o1';

async function startKept() {
  const started = await startOrders();
  const { store } = started;
  const reads = jest.spyOn(store, 'entriesAt');
  const snapshot = () => store.readSnapshot(STREAM, NAME);
  const readCount = async (act: () => Promise<unknown>) => {
    reads.mockClear();
    await act();
    return reads.mock.calls.reduce((sum, [, ids]) => sum + ids.length, 0);
  };
  return { ...started, snapshot, readCount };
}

describe('a snapshot', () => {
  it('is kept each time that so many events were added, and saves reading them', async () => {
    const { bus, aggregates, snapshot, readCount } = await startKept();
    await bus.fireAll([placed('o1', 'a', 'b'), paid('o1', 1)]);
    await aggregates.load(Order, 'o1');
    expect(await snapshot()).toBeUndefined();
    await bus.fireAll([paid('o1', 2), viewed('o1')]);
    const whole = await aggregates.load(Order, 'o1');
    expect(await snapshot()).toEqual(expect.stringContaining('"version":4'));
    await bus.fire(paid('o1', 4));
    let loaded: unknown;
    const count = await readCount(async () => (loaded = await aggregates.load(Order, 'o1')));
    // The last one that it was made of, and the new one.
    expect(count).toBe(2);
    expect(loaded).toEqual({
      version: 5,
      state: Object.assign(new Order(), whole.state, { amount: 7 }),
    });
    expect((loaded as { state: Order }).state.lines[1]).toBeInstanceOf(Line);
    const changed = await aggregates.change(Order, 'o1', (order) => order.pay('o1', 8));
    expect(changed.state.amount).toBe(15);
    await aggregates.change(Order, 'o1', (order) => order.pay('o1', 16));
    expect(await snapshot()).toEqual(expect.stringContaining('"version":7'));
  });

  it.each([
    ['another entity', { version: 3, of: 'o2', index: 2 }],
    ['another entity, of whose events there are more', { version: 3, of: 'o2', index: 1 }],
    ['an event that is gone', { version: 3, of: 'none', index: 0 }],
    ['another number of events', { version: 2, of: 'o1', index: 2 }],
    ['an earlier event', { version: 3, of: 'o1', index: 1 }],
    ['more events than there are', { version: 1000, of: 'o1', index: 2 }],
    ['no event', { version: 0, of: 'o1', index: 0 }],
    ['another class', { version: 3, of: 'o1', index: 2, state: '[{}]' }],
    ['no object', { version: 3, of: 'o1', index: 2, state: '["Order"]' }],
    ['billions of nothing', { version: 3, of: 'o1', index: 2, state: '[[-7,4294967295]]' }],
    ['itself', { version: 3, of: 'o1', index: 2, state: '[["Instance",0]]' }],
    ['an unknown class', { version: 3, of: 'o1', index: 2, state: '[["Instance",1],["X",2],{}]' }],
  ] as [string, { version: number; of: string; index: number; state?: string }][])(
    'is not believed where it is of %s',
    async (_, { version, of, index, state }) => {
      const { bus, aggregates, store, snapshot } = await startKept();
      const ids: Record<string, string[]> = { none: ['5-5'] };
      for (const id of ['o2', 'o1']) {
        const messages = await bus.fireAll([placed(id), paid(id, 1), paid(id, 2)]);
        ids[id] = messages.map(({ nativeId }) => nativeId);
      }
      await aggregates.load(Order, 'o1');
      const kept = JSON.parse((await snapshot()) ?? '') as { state: string };
      const forge = (changed: object) =>
        store.writeSnapshot(STREAM, NAME, JSON.stringify({ ...kept, ...changed }));
      const forged = { state: state ?? kept.state.replace('"placed"', '"forged"') };
      // That it is believed where nothing else is wrong shows that what is wrong matters.
      await forge({
        state: kept.state.replace('"placed"', '"forged"').replace('"paid"', '"forged"'),
      });
      expect((await aggregates.load(Order, 'o1')).state.status).toBe('forged');
      const nativeId = ids[of]?.[index];
      await forge({
        ...{ state: forged.state.replace('"paid"', '"forged"'), version, nativeId },
      });
      for (const load of [true, false]) {
        const loaded = load
          ? await aggregates.load(Order, 'o1')
          : await aggregates.change(Order, 'o1', (order) => {
              expect(order).toMatchObject({ status: 'paid', amount: 3 });
              return undefined;
            });
        expect(loaded).toMatchObject({ version: 3, state: { status: 'paid', amount: 3 } });
        await forge({
          ...{ state: forged.state.replace('"paid"', '"forged"'), version, nativeId },
        });
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );

  it('pollutes no prototype', async () => {
    const { bus, aggregates, store, snapshot } = await startKept();
    await bus.fireAll([placed('o1'), paid('o1', 1), paid('o1', 2)]);
    await aggregates.load(Order, 'o1');
    const kept = JSON.parse((await snapshot()) ?? '') as { state: string };
    for (const state of [
      '[["Instance",1],["Order",2],{"__proto__":3},{"polluted":4},1]',
      '[["Instance",1],["Order",2],["Map",3,4],"__proto__",{"polluted":5},1]',
      '[["Instance",1],["Order",2],{"constructor":3},{"prototype":4},{"polluted":5},1]',
    ]) {
      await store.writeSnapshot(STREAM, NAME, JSON.stringify({ ...kept, state }));
      const { state: loaded } = await aggregates.load(Order, 'o1');
      expect(Object.getPrototypeOf(loaded)).toBe(Order.prototype);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
      expect(Reflect.get(Order.prototype, 'polluted')).toBeUndefined();
    }
  });

  it('of code that has changed without a revision is not believed', async () => {
    const { bus, aggregates, store, app } = await startKept();
    await bus.fireAll([placed('o1'), paid('o1', 2)]);
    const base = { events: [Placed, Paid], name: 'sum', snapshotEvery: 1 } as const;
    const before = defineAggregate({
      ...{ ...base, initial: () => 0 },
      evolve: (state, event) => state + (event instanceof Paid ? event.amount : 0),
    });
    const after = defineAggregate({
      ...{ ...base, initial: () => 0 },
      evolve: (state, event) => state + (event instanceof Paid ? event.amount * 100 : 0),
    });
    const write = jest.spyOn(store, 'writeSnapshot');
    expect((await aggregates.load(before, 'o1')).state).toBe(2);
    expect((await remake(app).load(after, 'o1')).state).toBe(200);
    expect(write).toHaveBeenCalledTimes(2);
    const one = () => {
      @Aggregate({ events: [Placed, Paid], snapshotEvery: 1 })
      class Sum {
        total = 0;
        @Apply(Placed) placed(): void {}
        @Apply(Paid) paid({ amount }: Paid): void {
          this.total += amount;
        }
      }
      return Sum;
    };
    const other = () => {
      @Aggregate({ events: [Placed, Paid], snapshotEvery: 1 })
      class Sum {
        total = 0;
        @Apply(Placed) placed(): void {}
        @Apply(Paid) paid({ amount }: Paid): void {
          this.total += amount * 100;
        }
      }
      return Sum;
    };
    expect((await remake(app).load(one(), 'o1')).state.total).toBe(2);
    expect((await remake(app).load(other(), 'o1')).state.total).toBe(200);
  });

  it('of decorators that have changed without a revision is not believed: no text of a class says them', async () => {
    const { bus, aggregates, app } = await startKept();
    await bus.fireAll([placed('o1'), paid('o1', 2)]);
    const sum = (isMended: boolean) => {
      class Sum {
        total = 0;
        up({ amount = 0 }: Partial<Paid>): void {
          this.total += amount;
        }
        down({ amount = 0 }: Partial<Paid>): void {
          this.total -= amount;
        }
      }
      const apply = (event: typeof Placed | typeof Paid, method: 'up' | 'down') => {
        const descriptor = Object.getOwnPropertyDescriptor(Sum.prototype, method);
        Apply(event)(Sum.prototype, method, descriptor as never);
      };
      apply(isMended ? Paid : Placed, 'up');
      apply(isMended ? Placed : Paid, 'down');
      Aggregate({ events: [Placed, Paid], snapshotEvery: 1 })(Sum);
      return Sum;
    };
    expect((await aggregates.load(sum(false), 'o1')).state.total).toBe(-2);
    expect((await remake(app).load(sum(true), 'o1')).state.total).toBe(2);

    const kindOf = (type: () => unknown) => {
      class Held {}
      Type(type as () => typeof Date)(Held.prototype, 'sku');
      class Holder {
        lines: unknown;
      }
      IsArray()(Holder.prototype, 'lines');
      Type(() => Held)(Holder.prototype, 'lines');
      Event('aggregates.placed', { key: 'orderId' as never })(Holder as never);
      return defineAggregate({
        ...{ events: [Holder], name: 'kind', snapshotEvery: 1, initial: () => '' },
        evolve: (_, { lines }) => typeof (lines as { sku: unknown }[])[0]?.sku,
      });
    };
    await bus.fire(placed('o2', '2020-01-01T00:00:00Z'));
    const [before, after] = [kindOf(() => String), kindOf(() => Date)];
    expect((await aggregates.load(before, 'o2')).state).toBe('string');
    expect((await remake(app).load(after, 'o2')).state).toBe('object');
  });

  it('is no obstacle where it can be neither read nor written', async () => {
    const { bus, aggregates, store, logs } = await startKept();
    store.readSnapshot = async () => Promise.reject(new Error('no reading'));
    store.writeSnapshot = async () => Promise.reject(new Error('no writing'));
    await bus.fireAll([placed('o1'), paid('o1', 1), paid('o1', 2)]);
    for (const _ of [1, 2]) {
      expect((await aggregates.load(Order, 'o1')).state.amount).toBe(3);
    }
    const told = logs.filter((line) => /no reading|no writing/.test(line));
    expect(told).toEqual([
      expect.stringMatching(/^warn .*no reading/),
      expect.stringMatching(/^warn .*no writing/),
    ]);
  });

  it('is kept under a name that one aggregate has', async () => {
    const { aggregates } = await startKept();
    const functions = { initial: () => 0, evolve: (state: number) => state };
    const other = defineAggregate({
      ...{ ...functions, events: [Placed], name: 'Order', snapshotEvery: 3 },
    });
    await aggregates.load(Order, 'o1');
    await expect(aggregates.load(other, 'o1')).rejects.toThrow(/Two aggregates .* named Order/);
  });

  it('of functions is kept under the name of the API, where they have none', async () => {
    const { bus, aggregates, store, readCount } = await startKept();
    const functions = { initial: () => 0, evolve: (state: number) => state + 1 };
    const count = defineAggregate({ ...functions, events: [Placed, Paid], snapshotEvery: 3 });
    await bus.fireAll([placed('o1'), paid('o1', 1), paid('o1', 2)]);
    expect(await aggregates.load(count, 'o1')).toEqual({ state: 3, version: 3 });
    expect(await store.readSnapshot(STREAM, 'aggregates:orderId:o1')).toContain('"version":3');
    expect(await readCount(() => aggregates.load(count, 'o1'))).toBe(1);
    const other = defineAggregate({ ...functions, events: [Placed], snapshotEvery: 3 });
    await expect(aggregates.load(other, 'o1')).rejects.toThrow(/defineAggregate takes a name/);
  });
});

class Money {
  constructor(readonly cents = 0) {}
}

class Known {
  n = 1;
}

class Hidden {
  #n = 1;
  get n(): number {
    return this.#n;
  }
}

describe('a state that can not be carried', () => {
  it.each([
    ['an unknown class', () => new Money(5), /property 'held' holds an instance of Money/],
    ['a function', () => () => 1, /property 'held' .*function/],
    ['a symbol', () => Symbol('s'), /property 'held' .*Symbol/],
    ['a hidden property', () => Object.defineProperty({}, 'x', { value: 1 }), /hidden .* x/],
    [
      'a getter',
      () => ({
        get x() {
          return 1;
        },
      }),
      /computed property x/,
    ],
    ['a WeakMap', () => new WeakMap(), /property 'held'/],
    ['a subclass of a map', () => new (class Own extends Map {})(), /instance of Own/],
    ['an error', () => new Error('e'), /property 'held'/],
    ['a Buffer', () => Buffer.from('x'), /property 'held'/],
  ])('as it holds %s is not kept, and one warning says so', async (_, make, words) => {
    @Aggregate({ events: [Placed, Paid], snapshotEvery: 1 })
    class Holder {
      held?: unknown;
      fine = new Date(0);
      @Apply(Placed) placed(): void {
        this.held = make();
      }
      @Apply(Paid) paid(): void {}
    }
    const { bus, aggregates, store, logs } = await startKept();
    const write = jest.spyOn(store, 'writeSnapshot');
    await bus.fire(placed('o1'));
    await aggregates.load(Holder, 'o1');
    await aggregates.load(Holder, 'o1');
    expect(write).not.toHaveBeenCalled();
    const warnings = logs.filter((line) => line.includes('No snapshots are kept of Holder'));
    expect(warnings).toEqual([expect.stringMatching(words)]);
    const { state } = await aggregates.change(Holder, 'o1', () => paid('o1', 1));
    expect(typeof state.held).toBe(typeof make());
  });

  it('as it has #private fields is not kept', async () => {
    @Aggregate({ events: [Paid], snapshotEvery: 1 })
    class Private {
      #amount = 0;
      @Apply(Paid) paid({ amount }: Paid): void {
        this.#amount += amount;
      }
      get amount(): number {
        return this.#amount;
      }
    }
    const { bus, aggregates, logs } = await startKept();
    for (const n of [1, 2]) {
      await bus.fire(paid('o1', 1));
      expect((await aggregates.load(Private, 'o1')).state.amount).toBe(n);
    }
    expect(logs.filter((line) => /#private fields/.test(line))).toHaveLength(1);
  });
});

describe('a state that can be carried', () => {
  it('comes back equal: dates, maps, sets, bigints, lists with holes, shared and nested instances', async () => {
    @Aggregate({ events: [Placed, Paid], snapshotEvery: 1 })
    class Rich {
      [name: string]: unknown;
      @Type(() => Known) known?: Known;
      @Apply(Placed) placed(event: Placed): void {
        const shared = { a: [1, undefined, NaN, -0, Infinity] };
        Object.assign(this, {
          ...{ event, shared, again: shared, line: event.lines[0], known: new Known() },
          ...{ map: new Map<unknown, unknown>([[event.lines[0], new Set([1n, 'x'])]]) },
          ...{ date: new Date(5), missing: undefined, nothing: null },
          ...{ bytes: new Uint8Array([1, 2]), pattern: /x/gu, url: new URL('https://a.example/') },
          ...{ text: '\u2028\ud800', __proto: 1 },
        });
      }
      @Apply(Paid) paid(): void {}
    }
    const { bus, aggregates, store } = await startKept();
    const write = jest.spyOn(store, 'writeSnapshot');
    await bus.fire(placed('o1', 'a', 'b'));
    const whole = await aggregates.load(Rich, 'o1');
    expect(write).toHaveBeenCalledTimes(1);
    await bus.fire(paid('o1', 1));
    const apply = jest.spyOn(Rich.prototype, 'placed');
    const { state } = await aggregates.load(Rich, 'o1');
    expect(apply).not.toHaveBeenCalled();
    expect(state).toStrictEqual(whole.state);
    expect(state['shared']).toBe(state['again']);
    expect([...(state['map'] as Map<unknown, unknown>).keys()][0]).toBe(state['line']);
    expect(state['known']).toBeInstanceOf(Known);
    expect(new Hidden().n).toBe(1);
  });
});

describe('whatever becomes of snapshots', () => {
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('fire' as const), n: fc.integer({ min: 1, max: 3 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('change' as const),
        n: fc.integer({ min: 0, max: 9 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('load' as const), n: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), n: fc.constant(0) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('spoil' as const), n: fc.nat({ max: 400 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('older' as const), n: fc.nat({ max: 9 }) }),
    },
  );

  it('the state is that of all events', async () => {
    const aggregateOf = (revision: number) =>
      defineAggregate({
        ...{ events: [Placed, Paid], name: 'folded', snapshotEvery: 2, revision },
        initial: () => ({ amounts: [] as number[], at: new Map<string, Date>(), revision }),
        evolve: (state, event) => {
          if (event instanceof Paid) state.amounts.push(event.amount * revision);
          else state.at.set(String(state.at.size), event.at);
          return state;
        },
      });
    const { app, bus, store } = await startOrders();
    const kept: string[] = [];
    const write = store.writeSnapshot.bind(store);
    store.writeSnapshot = async (stream, key, text) => {
      kept.push(text);
      return write(stream, key, text);
    };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const id = `folded ${runs++}`;
        const name = `folded:orderId:${id}`;
        kept.length = 0;
        let revision = 1;
        let aggregates = remake(app);
        let aggregate = aggregateOf(revision);
        const amounts: number[] = [];
        let times = 0;
        let version = 0;
        const check = (loaded: { state: object; version: number }) => {
          expect(loaded.version).toBe(version);
          expect(loaded.state).toEqual({
            ...{ revision, amounts: amounts.map((amount) => amount * revision) },
            at: new Map(Array.from({ length: times }, (_, i) => [String(i), new Date(0)])),
          });
        };
        for (const { do: what, n } of acts) {
          if (what === 'fire') {
            await bus.fire(n === 1 ? paid(id, n) : n === 2 ? placed(id) : viewed(id));
            if (n === 1) amounts.push(n);
            if (n === 2) times++;
            version++;
          } else if (what === 'change') {
            const change = (state: { amounts: number[]; at: Map<string, Date> }) => {
              state.amounts.push(-1);
              state.at.clear();
              return n === 0 ? undefined : paid(id, n);
            };
            const result = await aggregates.change(aggregate, id, change);
            if (n > 0) amounts.push(n);
            if (n > 0) version++;
            check(result);
          } else if (what === 'load') check(await aggregates.load(aggregate, id));
          else if (what === 'lose') await write(STREAM, name, '');
          else if (what === 'spoil') {
            const text = kept.at(-1) ?? '';
            await write(STREAM, name, text.slice(0, n));
          } else {
            if (n > 4) revision++;
            aggregate = aggregateOf(revision);
            aggregates = remake(app);
            const older = kept[n % Math.max(1, kept.length)];
            if (older !== undefined) await write(STREAM, name, older);
          }
        }
        check(await aggregates.load(aggregate, id));
      }),
      { numRuns: 60 },
    );
  });
});

it('what a class is read as has the classes that values are told apart by, and whether it is closed', () => {
  class Cash {}
  class Card {}
  const holder = (names: [string, string], isClosed = false) => {
    class Holder {
      means!: object;
    }
    const subTypes = [Cash, Card].map((value, i) => ({ value, name: names[i] ?? '' }));
    Type(() => Object, { discriminator: { property: 'kind', subTypes } })(
      Holder.prototype,
      'means',
    );
    if (isClosed) Exclude()(Holder);
    return readingOf(Holder);
  };
  expect(holder(['cash', 'card'])).toEqual(holder(['cash', 'card']));
  expect(holder(['cash', 'card'])).not.toEqual(holder(['card', 'cash']));
  expect(holder(['cash', 'card'])).not.toEqual(holder(['cash', 'card'], true));
});

/** As another process has it, where the aggregate is written differently. */
function remake(app: { get: INestApplication['get'] }): Aggregates {
  return new Aggregates(
    app.get(EventRegistry),
    app.get(Stores),
    app.get(EventBus),
    new LightbusLogger('info'),
  );
}
