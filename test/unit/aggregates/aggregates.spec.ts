import { describe, expect, it, jest } from '@jest/globals';
import { IsString } from 'class-validator';
import {
  Aggregate,
  AggregateDefinitionError,
  Apply,
  ConcurrencyError,
  defineAggregate,
  Event,
  EventValidationError,
  InvalidOptionsError,
  PublishError,
  PublishOutcomeUnknownError,
} from 'nestjs-lightbus';
import { DisconnectedError } from '../../../lib/errors.js';
import { CommandOutcomeUnknownError } from '../../../lib/redis/connection-errors.js';
import { clock } from '../../../lib/timing/clock.js';
import { Line, Order, paid, Paid, placed, Placed, startOrders, Unkeyed, viewed } from './orders.js';

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => new Error('It was changed.'),
    (error: unknown) => error,
  );
}

describe('Aggregates.load', () => {
  it('makes the state of all events of the entity, and counts those that it is not made of', async () => {
    const { bus, aggregates } = await startOrders();
    await bus.fireAll([placed('o1', 'a'), viewed('o1'), placed('o2', 'b'), paid('o1', 5)]);
    await bus.fireAll([paid('o1', 2), viewed('o1')]);
    const { state, version } = await aggregates.load(Order, 'o1');
    expect(version).toBe(5);
    expect(state).toBeInstanceOf(Order);
    expect(state).toMatchObject({ status: 'paid', amount: 7, at: new Date(0), seen: ['1 o1'] });
    expect(state.lines).toEqual([{ sku: 'a', quantity: 1 }]);
    expect(state.lines[0]).toBeInstanceOf(Line);
  });

  it('warns once of events that no class describes: their name was changed, and the state lacks them', async () => {
    const { bus, logs, store, aggregates } = await startOrders();
    const STREAM = 'aggregates.*:stream';
    // Which event has which key is known beside the stream, whatever this process knows.
    await store.eventKeys(
      STREAM,
      new Map(['shipped', 'reviewed'].map((name) => [name, 'orderId'])),
    );
    await bus.fireAll([placed('o1', 'a'), viewed('o1')]);
    const fields = (name: string) => [
      ...['id', name, 'api_name', 'aggregates', 'event_name', name, 'version', '1'],
      ...[':orderId', '"o1"'],
    ];
    const events = [fields('shipped'), fields('reviewed')];
    await store.append(STREAM, events, { maxLength: null, timeoutMs: 1000 });
    // Of another service; whoever listens to it has a class.
    @Event('aggregates.reviewed', { key: 'orderId' })
    class Reviewed {
      @IsString() orderId!: string;
    }
    expect(Reviewed).toBeDefined();

    for (const load of [() => aggregates.load(Order, 'o1'), () => aggregates.load(Order, 'o1')]) {
      expect(await load()).toMatchObject({ version: 4, state: { status: 'placed' } });
    }
    expect(logs.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(
        /^warn The state of Order is made without the events 'aggregates\.shipped' .* keeps its name\./,
      ),
    ]);
  });

  it('resolves to an entity without events, of version 0, where there is none', async () => {
    const { aggregates } = await startOrders();
    const { state, version } = await aggregates.load(Order, 'o1');
    expect(state).toEqual(new Order());
    expect(version).toBe(0);
  });

  it('gives each call a state of its own', async () => {
    const { bus, aggregates } = await startOrders();
    await bus.fire(placed('o1', 'a'));
    const first = await aggregates.load(Order, 'o1');
    first.state.lines.length = 0;
    expect((await aggregates.load(Order, 'o1')).state.lines).toHaveLength(1);
  });

  it('reads thousands of events, in order', async () => {
    const { bus, aggregates } = await startOrders();
    await bus.fireAll(Array.from({ length: 1200 }, (_, n) => paid('o1', n)));
    const amounts = defineAggregate({
      ...{ events: [Paid], initial: (): number[] => [] },
      evolve: (state, { amount }) => [...state, amount],
    });
    const { state, version } = await aggregates.load(amounts, 'o1');
    expect(version).toBe(1200);
    expect(state).toEqual(Array.from({ length: 1200 }, (_, n) => n));
  });

  it('says that it was reading where the connection fails under it: so nothing is stored of a change', async () => {
    const { aggregates, store } = await startOrders();
    const lost = new CommandOutcomeUnknownError('The connection failed before the answer arrived');
    store.entityPlaces = async () => Promise.reject(lost);
    const error = await refusal(aggregates.change(Order, 'o1', () => placed('o1')));
    expect(error).toBeInstanceOf(DisconnectedError);
    expect((error as Error).message).toMatch(/^Reading 'aggregates\.\*:stream' failed: The conn/);
  });

  it('refuses to change by what is no function', async () => {
    const { aggregates } = await startOrders();
    const changing = aggregates.change(Order, 'o1', paid('o1', 1) as never);
    await expect(changing).rejects.toThrow(InvalidOptionsError);
    await expect(changing).rejects.toThrow(/type object.*Give a function/);
  });

  it.each([NaN, undefined, {}, null])('refuses the key %p', async (key) => {
    const { aggregates } = await startOrders();
    const error = await refusal(aggregates.load(Order, key as never));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect((error as Error).message).toMatch(/value of orderId/);
  });

  it('refuses what is no aggregate, a subclass without its own decorator, and asynchronous methods', async () => {
    const { bus, aggregates } = await startOrders();
    class Late extends Order {}
    for (const other of [Late, undefined, {}, class {}]) {
      const error = await refusal(aggregates.load(other as never, 'o1'));
      expect(error).toBeInstanceOf(AggregateDefinitionError);
    }
    @Aggregate({ events: [Placed] })
    class Async {
      // @ts-expect-error -- a promise
      @Apply(Placed)
      async placed(): Promise<void> {
        await Promise.reject(new Error('late'));
      }
    }
    await bus.fire(placed('o1'));
    const error = await refusal(aggregates.load(Async, 'o1'));
    expect((error as Error).message).toMatch(/Async\.placed .* returned a promise/);
  });
});

describe('Aggregates.change', () => {
  it('loads, decides, stores and resolves to the new state', async () => {
    const { aggregates, stored } = await startOrders();
    const first = await aggregates.change(Order, 'o1', (order, { version }) => {
      expect(order.status).toBeUndefined();
      expect(version).toBe(0);
      return [placed('o1', 'a'), paid('o1', 1)];
    });
    expect(first).toMatchObject({ version: 2, state: { status: 'paid', amount: 1 } });
    expect(first.messages.map(({ sequence }) => sequence)).toEqual([1, 2]);
    const second = await aggregates.change(Order, 'o1', async (order) => {
      await Promise.resolve();
      return order.pay('o1', 2);
    });
    expect(second).toMatchObject({ version: 3, state: { amount: 3 } });
    expect(second.messages).toHaveLength(1);
    expect((await aggregates.load(Order, 'o1')).state).toEqual(second.state);
    expect(await stored()).toBe(3);
  });

  it('says of its events what it was given beside them, also when it is decided anew', async () => {
    const { bus, aggregates } = await startOrders();
    await bus.fire(placed('o1', 'a'));
    let decided = 0;
    const given = {
      ...{ correlationId: 'request-1', causationId: 'c-1', headers: { tenant: 'acme' } },
      ...{ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=1' },
    };
    const change = aggregates.change(
      Order,
      'o1',
      async (order) => {
        if (++decided === 1) await bus.fire(paid('o1', 1));
        return [order.pay('o1', 2), order.pay('o1', 3)];
      },
      given,
    );
    const { messages, version } = await change;
    expect([decided, version]).toEqual([2, 4]);
    expect(messages).toEqual([expect.objectContaining(given), expect.objectContaining(given)]);
  });

  it('refuses what can not be said beside events, before it decides', async () => {
    const { aggregates, stored } = await startOrders();
    const decide = jest.fn(() => placed('o1'));
    const error = await refusal(aggregates.change(Order, 'o1', decide, { correlationId: '' }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(String(error)).toContain("The option 'correlationId' of 'change' must be");
    const unknown = await refusal(aggregates.change(Order, 'o1', decide, { id: 'a' } as object));
    expect(String(unknown)).toContain(
      "'change' has no option 'id'. It has: retries, correlationId",
    );
    expect(decide).not.toHaveBeenCalled();
    expect(await stored()).toBe(0);
  });

  it.each([undefined, null, []])('stores nothing where %p is decided', async (decision) => {
    const { bus, aggregates, stored } = await startOrders();
    await bus.fire(placed('o1', 'a'));
    const result = await aggregates.change(Order, 'o1', (order) => {
      order.lines[0]!.sku = 'spoilt';
      order.amount = 100;
      return decision;
    });
    expect(result).toMatchObject({ version: 1, messages: [] });
    expect(result.state).toMatchObject({ amount: 0, lines: [{ sku: 'a' }] });
    expect(await stored()).toBe(1);
  });

  it('passes on what the function throws, and stores nothing', async () => {
    const { aggregates, stored } = await startOrders();
    const error = await refusal(aggregates.change(Order, 'o1', (order) => order.pay('o1', 1)));
    expect(error).toEqual(new Error('There is no such order.'));
    expect(await stored()).toBe(0);
  });

  it('loads what is new and decides anew where somebody else was faster', async () => {
    const { bus, aggregates, store } = await startOrders();
    await bus.fireAll([placed('o1', 'a'), paid('o1', 1)]);
    const reads = jest.spyOn(store, 'entriesAt');
    const seen: unknown[] = [];
    const result = await aggregates.change(Order, 'o1', async (order, { version }) => {
      seen.push([order.amount, order.lines[0]?.sku, version]);
      order.amount = 1000;
      order.lines[0]!.sku = 'spoilt';
      if (seen.length < 3) await bus.fire(paid('o1', 10));
      return order.pay('o1', 5);
    });
    expect(seen).toEqual([
      [1, 'a', 2],
      [11, 'a', 3],
      [21, 'a', 4],
    ]);
    expect(result).toMatchObject({ version: 5, state: { amount: 26, lines: [{ sku: 'a' }] } });
    expect((await aggregates.load(Order, 'o1')).state).toEqual(result.state);
    // The last one that is known, which must be where it was, and the new one.
    expect(reads.mock.calls.slice(0, 3).map(([, ids]) => ids.length)).toEqual([2, 2, 2]);
  });

  it('keeps the state clean where it can not be copied', async () => {
    const { bus, aggregates } = await startOrders();
    @Aggregate({ events: [Placed, Paid] })
    class Secret {
      #amount = 0;
      lines: Line[] = [];
      @Apply(Placed) placed(event: Placed): void {
        this.lines = event.lines;
      }
      @Apply(Paid) paid(event: Paid): void {
        this.add(event.amount);
      }
      add(amount: number): void {
        this.#amount += amount;
      }
      get amount(): number {
        return this.#amount;
      }
    }
    await bus.fireAll([placed('o1', 'a'), paid('o1', 1)]);
    const seen: unknown[] = [];
    const result = await aggregates.change(Secret, 'o1', async (order) => {
      seen.push([order.amount, order.lines[0]?.sku]);
      order.add(1000);
      order.lines[0]!.sku = 'spoilt';
      if (seen.length < 3) await bus.fire(paid('o1', 10));
      return paid('o1', 5);
    });
    expect(seen).toEqual([
      [1, 'a'],
      [11, 'a'],
      [21, 'a'],
    ]);
    expect(result.state.amount).toBe(26);
    expect(result.state.lines).toEqual([{ sku: 'a', quantity: 1 }]);
  });

  it.each([
    ['as it was told', { retries: 2 }, 2],
    ['as are ten', undefined, 10],
  ])('gives up after so many retries %s', async (_, options, retries) => {
    const { bus, aggregates, stored } = await startOrders();
    // What the delay is spread by: it is none.
    const chance = jest.spyOn(Math, 'random').mockReturnValue(-1);
    let calls = 0;
    const change = aggregates.change(
      ...([Order, 'o1'] as const),
      async () => {
        calls++;
        await bus.fire(placed('o1'));
        return paid('o1', 1);
      },
      options,
    );
    expect(await refusal(change)).toMatchObject({ name: 'ConcurrencyError', key: 'o1' });
    const delays = chance.mock.calls.length;
    chance.mockRestore();
    expect([delays, calls]).toEqual([retries, retries + 1]);
    expect(await stored()).toBe(retries + 1);
  });

  it('loses no update of many that compete', async () => {
    const { aggregates } = await startOrders();
    await aggregates.change(Order, 'o1', () => placed('o1'));
    const changes = Array.from({ length: 10 }, () =>
      aggregates.change(Order, 'o1', (order) => paid('o1', order.amount + 1), {
        retries: Infinity,
      }),
    );
    await Promise.all(changes);
    // Each was made on the one before: 1, 2, 4, ...
    expect((await aggregates.load(Order, 'o1')).state.amount).toBe(2 ** 10 - 1);
  });

  it.each([
    ['of another entity', () => paid('o2', 1), InvalidOptionsError, /Order 'o1'.*orderId 'o2'/],
    ['without a key', () => new Unkeyed(), InvalidOptionsError, /about no entity/],
    ['that is invalid', () => paid('o1', 0.5), EventValidationError, /amount/],
    ['that is none', () => ({ orderId: 'o1' }), Error, /no event/],
  ])('refuses an event %s, and stores nothing', async (_, decide, type, words) => {
    const { aggregates, stored } = await startOrders();
    const error = await refusal(aggregates.change(Order, 'o1', decide));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(words);
    expect(await stored()).toBe(0);
  });

  it.each([-1, 0.5, '3', null])('refuses retries of %p', async (retries) => {
    const { aggregates } = await startOrders();
    const options = { retries: retries as number };
    const error = await refusal(aggregates.change(Order, 'o1', () => undefined, options));
    expect(error).toBeInstanceOf(InvalidOptionsError);
  });
});

describe('a change whose outcome is unknown', () => {
  /** Lets calls of `appendOnce` end in other ways: `lost` after storing, `gone` before it. */
  async function startBroken(...ends: ('lost' | 'gone' | 'again' | 'closed' | 'ok')[]) {
    const started = await startOrders();
    await started.bus.fire(placed('o1'));
    const append = started.store.appendOnce.bind(started.store);
    const calls: { ids: string[]; expected: unknown }[] = [];
    started.store.appendOnce = async (stream, entries, options) => {
      const ids = entries.map((fields) => fields[1] ?? '');
      calls.push({ ids, expected: options.expected?.version });
      const end = ends[calls.length - 1];
      if (end === 'again') throw new PublishError('away', { ids, retry: 'again' });
      if (end === 'closed') throw new PublishError('closed', { ids, retry: 'never' });
      const places = end === 'gone' ? undefined : await append(stream, entries, options);
      if (end !== 'gone' && end !== 'lost') return places!;
      throw new PublishOutcomeUnknownError('unknown', { ids, retry: 'with_ids' });
    };
    let decided = 0;
    const change = () =>
      started.aggregates.change(Order, 'o1', (order) => {
        decided++;
        return paid('o1', order.amount + 1);
      });
    return { ...started, calls, change, decided: () => decided };
  }

  it.each([
    ['was stored', ['lost', 'ok']],
    ['was not stored', ['gone', 'ok']],
    ['is unknown twice', ['lost', 'lost', 'ok']],
    ['was stored, and Redis is away then', ['lost', 'again', 'ok']],
  ] as const)(
    'is found out under the same ids and the same version, where it %s',
    async (_, ends) => {
      const { calls, change, decided, stored } = await startBroken(...ends);
      const result = await change();
      expect(result).toMatchObject({ version: 2, state: { amount: 1 } });
      expect(result.messages).toMatchObject([{ sequence: 2, payload: { amount: 1 } }]);
      expect(new Set(calls.map(({ ids }) => ids[0])).size).toBe(1);
      expect(calls.every(({ expected }) => expected === 1)).toBe(true);
      expect(decided()).toBe(1);
      expect(await stored()).toBe(2);
    },
  );

  it('is decided anew, with new ids, where nothing was stored and somebody else was faster', async () => {
    const { bus, calls, change, decided, stored, store } = await startBroken('gone', 'ok', 'ok');
    const failing = store.appendOnce.bind(store);
    store.appendOnce = async (stream, entries, options) => {
      const isFirst = calls.length === 0;
      try {
        return await failing(stream, entries, options);
      } finally {
        if (isFirst) await bus.fire(paid('o1', 10));
      }
    };
    expect(await change()).toMatchObject({ version: 3, state: { amount: 21 } });
    expect(decided()).toBe(2);
    expect(calls.map(({ expected }) => expected)).toEqual([1, 1, 2]);
    expect(calls[0]?.ids).toEqual(calls[1]?.ids);
    expect(calls[2]?.ids).not.toEqual(calls[0]?.ids);
    expect(await stored()).toBe(3);
  });

  it('is not decided anew where it was stored and somebody else went on', async () => {
    const { bus, calls, change, decided, stored, store } = await startBroken('lost', 'ok');
    const failing = store.appendOnce.bind(store);
    store.appendOnce = async (stream, entries, options) => {
      const isFirst = calls.length === 0;
      try {
        return await failing(stream, entries, options);
      } finally {
        if (isFirst) await bus.fire(paid('o1', 10));
      }
    };
    const { messages, version } = await change();
    expect(messages).toMatchObject([{ duplicate: true, sequence: 2 }]);
    expect(version).toBe(2);
    expect(decided()).toBe(1);
    expect(await stored()).toBe(3);
  });

  it('is told, where a later try fails for good', async () => {
    const { change } = await startBroken('lost', 'closed');
    const error = await refusal(change());
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    expect(error).not.toBeInstanceOf(ConcurrencyError);
  });

  it('is told after half a minute, where it stays unknown', async () => {
    const { change, calls } = await startBroken('lost', 'lost', 'lost', 'lost');
    const now = jest.spyOn(clock, 'now');
    now.mockImplementation(() => calls.length * 20_000);
    const error = await refusal(change());
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    expect(calls).toHaveLength(2);
    now.mockRestore();
  });

  it('that is certain is passed on', async () => {
    const { change, calls } = await startBroken('closed');
    expect(await refusal(change())).toBeInstanceOf(PublishError);
    expect(calls).toHaveLength(1);
  });
});
