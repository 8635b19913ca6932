import { describe, expect, it } from '@jest/globals';
import { Exclude } from 'class-transformer';
import { Allow, IsString } from 'class-validator';
import {
  Aggregate,
  Aggregates,
  Apply,
  ConcurrencyError,
  defineAggregate,
  Event,
} from 'nestjs-lightbus';
import { PublishOutcomeUnknownError } from '../../../lib/fire-errors.js';
import type { MemoryStream } from '../../../lib/store/memory/memory-stream.js';
import { positionOf } from '../../../lib/store/positions.js';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory } from '../listener/memory-application.js';
import { Order, paid, Paid, placed, Placed, startOrders, viewed } from './orders.js';

const STREAM = 'aggregates.*:stream';
const KEEP_ALL = { maxLength: null, timeoutMs: 1000 };

/** An event of the order as somebody else writes it. */
const foreign = (event: string, orderId: string, amount = 0) => [
  ...['id', `foreign ${event}`, 'api_name', 'aggregates', 'event_name', event, 'version', '1'],
  ...[':orderId', JSON.stringify(orderId), ':amount', String(amount)],
];

/** Holds what no text can carry. */
const Uncopied = defineAggregate({
  events: [Placed, Paid],
  initial: () => ({ amount: 0, isOpen: () => true }),
  evolve: (state, event) => {
    if (event instanceof Paid) state.amount += event.amount;
    return state;
  },
});

/** Orders, and how their stream loses an event. */
async function startLosing() {
  const started = await startOrders();
  const { streams } = started.store as unknown as { streams: Map<string, MemoryStream> };
  const lose = (event: { nativeId: string } | undefined) => {
    if (event) streams.get(STREAM)?.delete(positionOf(event.nativeId));
  };
  return { ...started, lose };
}

describe('what a change is decided on', () => {
  it('is all of history, also where as many other events have taken the places of lost ones', async () => {
    const { bus, aggregates, store } = await startOrders();
    await bus.fireAll([placed('o1'), paid('o1', 1)]);
    const seen: number[] = [];
    const { version } = await aggregates.change(Order, 'o1', async (order) => {
      seen.push(order.amount);
      order.amount = -1;
      if (seen.length === 1) {
        // The stream has lost its first event, and somebody has paid meanwhile.
        await store.append(STREAM, [foreign('paid', 'o1', 10)], { ...KEEP_ALL, maxLength: 2 });
      }
      return paid('o1', 100);
    });
    expect(seen).toEqual([1, 11]);
    expect(version).toBe(3);
    expect((await aggregates.load(Order, 'o1')).state.amount).toBe(111);
  });

  it.each([
    ['', Order],
    [', and the state can not be copied', Uncopied],
  ])(
    'is all of history, also where another event has the number of the last one, which is gone%s',
    async (_, type) => {
      const { bus, aggregates, store, lose } = await startLosing();
      const [, last] = await bus.fireAll([placed('o1'), paid('o1', 1)]);
      const seen: number[] = [];
      const { version } = await aggregates.change<{ amount: number }>(type, 'o1', async (order) => {
        seen.push(order.amount);
        if (seen.length === 1) {
          lose(last);
          await store.append(STREAM, [foreign('paid', 'o1', 10)], KEEP_ALL);
        } else if (seen.length === 2) {
          await store.append(STREAM, [foreign('paid', 'o1', 5)], KEEP_ALL);
        }
        // Also of the state that was made anew each decision has one of its own.
        order.amount = -1;
        return paid('o1', 100);
      });
      expect(seen).toEqual([1, 10, 15]);
      expect(version).toBe(4);
      expect((await aggregates.load(Order, 'o1')).state.amount).toBe(115);
    },
  );

  it('is all of history, also where that loses events while it is read', async () => {
    const { bus, aggregates, lose } = await startLosing();
    const messages = await bus.fireAll(Array.from({ length: 30 }, (_, n) => paid('o1', n)));
    let losses: number[] = [];
    const sum = defineAggregate({
      ...{ events: [Paid], initial: () => 0 },
      evolve: (total, { amount }) => {
        // The first page has been read, and not all of them.
        if (amount === 5) lose(messages[losses.shift() ?? -1]);
        return total + amount;
      },
    });
    losses = [1];
    expect(await aggregates.load(sum, 'o1')).toEqual({ state: 434, version: 29 });
    losses = [2];
    const seen: unknown[] = [];
    await aggregates.change(sum, 'o1', (total, { version }) => void seen.push([total, version]));
    expect(seen).toEqual([[432, 28]]);
    losses = [10, 11, 12, 13, 14, 15];
    const words = /'o1' can't be loaded: events on 'aggregates.*' are deleted/;
    await expect(aggregates.load(sum, 'o1')).rejects.toThrow(words);
  });

  it('is what there is, also where the stream is deleted while it is read', async () => {
    const { bus, aggregates, store } = await startOrders();
    await bus.fireAll(Array.from({ length: 30 }, (_, n) => paid('o1', n)));
    const { streams, indexes } = store as unknown as Record<string, Map<string, unknown>>;
    const sum = defineAggregate({
      ...{ events: [Paid], initial: () => 0 },
      evolve: (total, { amount }) => {
        if (amount === 5) for (const held of [streams, indexes]) held?.delete(STREAM);
        return total + amount;
      },
    });
    expect(await aggregates.load(sum, 'o1')).toEqual({ state: 0, version: 0 });
  });

  it('counts events of the aggregate alike, where this service has not registered them', async () => {
    @Event('aggregates.refunded', { key: 'orderId' })
    class Refunded {
      @IsString() orderId!: string;
    }
    @Aggregate({ events: [Refunded] })
    class Refunds {
      count = 0;
      @Apply(Refunded) refunded(): void {
        this.count++;
      }
    }
    const { bus, aggregates, store } = await startOrders();
    await bus.fire(placed('o1'));
    const seen: number[] = [];
    await aggregates.change(Refunds, 'o1', async ({ count }) => {
      seen.push(count);
      if (seen.length === 1) {
        await store.append(STREAM, [foreign('refunded', 'o1')], KEEP_ALL);
        // The index is deleted, with what it was told.
        (store as unknown as { indexes: Map<string, unknown> }).indexes.clear();
      }
      return viewed('o1');
    });
    expect(seen).toEqual([0, 1]);
    const { version } = await aggregates.load(Refunds, 'o1');
    expect(version).toBe(3);
    await expect(bus.fire(placed('o1'), { expectedVersion: 2 })).rejects.toBeInstanceOf(
      ConcurrencyError,
    );
    await bus.fire(placed('o1'), { expectedVersion: 3 });
  });
});

@Event('aggregates.noted', { key: 'orderId' })
class Noted {
  @IsString() orderId!: string;
  @Allow() at?: unknown;
  @Exclude({ toPlainOnly: true }) @Allow() secret?: string;
}

@Aggregate({ events: [Noted], snapshotEvery: 1 })
class Notes {
  all: unknown[] = [];
  @Apply(Noted) noted({ at, secret }: Noted): void {
    this.all.push([typeof at, secret]);
  }
}

describe('the state after a change', () => {
  it('is made of what is stored, and so are its snapshots', async () => {
    const { app } = await startInMemory({ events: [Noted], api: { validate: false } });
    const aggregates = app.get(Aggregates);
    const { store } = app.get(Stores).forApi('aggregates');
    const note = Object.assign(new Noted(), { orderId: 'o1', at: new Date(0), secret: 'unsent' });
    const { state } = await aggregates.change(Notes, 'o1', () => note);
    expect(state.all).toEqual([['string', undefined]]);
    expect(await store.readSnapshot(STREAM, 'Notes:orderId:o1')).toEqual(
      expect.stringContaining('"version":1'),
    );
    expect((await aggregates.load(Notes, 'o1')).state).toEqual(state);
  });

  it('takes no more reading, which could fail: the events are stored', async () => {
    const { bus, aggregates, store, stored } = await startOrders();
    await bus.fire(placed('o1'));
    const append = store.appendOnce.bind(store);
    let calls = 0;
    let fired = () => 0;
    store.appendOnce = async (...args) => {
      const places = await append(...args);
      const broken = async () => Promise.reject(new Error('no reading'));
      Object.assign(store, { entityPlaces: broken, entriesAt: broken });
      if (++calls > 1) return places;
      fired();
      throw new PublishOutcomeUnknownError('unknown', {
        ids: args[1].map((fields) => fields[1] ?? ''),
        retry: 'with_ids',
      });
    };
    const given = paid('o1', 5);
    const changing = aggregates.change(Order, 'o1', () => [given, paid('o1', 6)]);
    // Between the tries: what is stored counts.
    fired = () => (given.amount = 1000);
    const { state, version, messages } = await changing;
    expect([state.amount, version]).toEqual([11, 3]);
    expect(messages.map(({ duplicate, sequence }) => [duplicate, sequence])).toEqual([
      [true, 2],
      [true, 3],
    ]);
    expect(await stored()).toBe(3);
  });
});
