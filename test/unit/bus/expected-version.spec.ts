import { describe, expect, it } from '@jest/globals';
import { Expose } from 'class-transformer';
import { Allow, IsInt } from 'class-validator';
import {
  ConcurrencyError,
  Event,
  EventValidationError,
  InvalidOptionsError,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { newEventId } from '../../../lib/wire/event-id.js';
import { startApplication } from '../../e2e/application.js';
import { sharedRedis, uniqueName } from '../../support/redis-server.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('expected.placed', { key: 'orderId', version: 2, upcasters: { 1: (one) => one } })
class Placed {
  @Allow() orderId!: string | number;
  @IsInt() n!: number;
}

@Event('expected.paid', { key: 'orderId' })
class Paid {
  @Allow() orderId!: string | number;
}

@Event('expected.moved', { key: 'id' })
class Moved {
  @Allow() @Expose({ name: 'orderId' }) id!: string;
}

@Event('expected.counted', { key: 'counter' })
class Counted {
  @Allow() counter!: string;
}

@Event('expected.pinged')
class Pinged {}

@Event('elsewhere.placed', { key: 'orderId' })
class Elsewhere {
  @Allow() orderId!: string;
}

const EVENTS = [Placed, Paid, Moved, Counted, Pinged, Elsewhere];

const placed = (orderId: string | number, n = 1) => Object.assign(new Placed(), { orderId, n });
const paid = (orderId: string | number) => Object.assign(new Paid(), { orderId });

async function start(api?: Readonly<Record<string, unknown>>) {
  const { app, bus, logs } = await startInMemory({ events: EVENTS, ...(api && { api }) });
  const store = app.get(Stores).forApi('expected').store;
  const count = async () =>
    (await store.range('expected.*:stream', { start: '-', end: '+', count: 100 })).length;
  return { bus, store, count, logs };
}

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => new Error('It was fired.'),
    (error: unknown) => error,
  );
}

describe('fire under an expected version', () => {
  it('stores if exactly so many events of the entity are stored, and tells the number of each', async () => {
    const { bus, count } = await start();
    const first = await bus.fire(placed('o1'), { expectedVersion: 0 });
    expect(first).toMatchObject({ key: 'o1', sequence: 1, duplicate: false, storedVersion: 2 });
    await bus.fire(placed('o2'), { expectedVersion: 0 });
    const more = await bus.fireAll([paid('o1'), placed('o1')], { expectedVersion: 1 });
    expect(more.map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(await bus.fire(Paid, { orderId: 'o1' }, { expectedVersion: 3 })).toMatchObject({
      sequence: 4,
    });
    expect(await count()).toBe(5);
  });

  it('rejects with a ConcurrencyError otherwise, and stores nothing', async () => {
    const { bus, count } = await start();
    await bus.fire(placed('o1'));
    const error = await refusal(bus.fireAll([paid('o1'), paid('o1')], { expectedVersion: 0 }));
    expect(error).toBeInstanceOf(ConcurrencyError);
    expect(error).toMatchObject({ key: 'o1', expected: 0, actual: 1, retry: 'never', stored: [] });
    expect((error as ConcurrencyError).ids).toHaveLength(2);
    expect(await refusal(bus.fire(paid('o1'), { expectedVersion: 2 }))).toMatchObject({
      ...{ expected: 2, actual: 1 },
    });
    expect(await count()).toBe(1);
  });

  it("stores whatever is there with 'any', and tells the number", async () => {
    const { bus } = await start();
    await bus.fire(placed('o1'));
    expect(await bus.fire(paid('o1'), { expectedVersion: 'any' })).toMatchObject({ sequence: 2 });
  });

  it('takes a text and a number that are written alike for one entity, by what is on the wire', async () => {
    const { bus } = await start();
    await bus.fire(placed('1'), { expectedVersion: 0 });
    const moved = Object.assign(new Moved(), { id: '1' });
    const messages = await bus.fireAll([placed(1), moved], { expectedVersion: 1 });
    expect(messages.map(({ key, sequence }) => [key, sequence])).toEqual([
      ['1', 2],
      ['1', 3],
    ]);
  });

  it('lets one of many that compete through', async () => {
    const { bus, count } = await start();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => bus.fire(placed('o1', n), { expectedVersion: 0 })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await count()).toBe(1);
  });

  it('resolves under the same id to what was stored, also when the entity has gone on', async () => {
    const { bus, count } = await start();
    const options = { id: 'own', expectedVersion: 0 };
    const first = await bus.fire(placed('o1', 1), options);
    await bus.fire(paid('o1'), { expectedVersion: 1 });
    const again = await bus.fire(placed('o1', 2), options);
    expect(again).toEqual({ ...first, duplicate: true });
    expect(again.payload.n).toBe(1);
    expect(again.sequence).toBe(1);
    expect(await count()).toBe(2);
  });

  it('resolves under the ids of an error whose outcome was unknown to what was stored', async () => {
    const { bus, store } = await start();
    const append = store.appendOnce.bind(store);
    let given: unknown;
    store.appendOnce = async (stream, entries, options) => {
      given = options.areNew;
      return append(stream, entries, options);
    };
    const first = await bus.fire(placed('o1'), { expectedVersion: 0 });
    expect(given).toBe(true);
    const again = await bus.fire(placed('o1'), { id: first.id, expectedVersion: 0 });
    expect(given).toBe(false);
    expect(again).toEqual({ ...first, duplicate: true });
  });

  it('tells the key of every event that has one, also without an expected version', async () => {
    const { bus } = await start();
    expect(await bus.fire(placed(7))).toMatchObject({ key: '7' });
    expect(await bus.fire(placed(7))).not.toHaveProperty('sequence');
    expect(await bus.fire(Pinged)).not.toHaveProperty('key');
    await bus.fire(placed('x'), { id: 'own' });
    expect(await bus.fire(placed('y'), { id: 'own' })).toMatchObject({ key: 'x' });
  });
});

describe('an expected version that can not be had', () => {
  it.each([
    ['of events without a key', [new Pinged()], 0, /'expected\.pinged' .* has no key.*@Event/],
    ['of several entities', [placed('o1'), paid('o2')], 0, /'o1'.*'o2'.*apart/],
    [
      'of two kinds of entities',
      [placed('o1'), Object.assign(new Counted(), { counter: 'o1' })],
      ...[0, /orderId 'o1'.*counter 'o1'/],
    ],
    [
      'of events of two APIs',
      [placed('o1'), Object.assign(new Elsewhere(), { orderId: 'o1' })],
      ...[0, /of another API/],
    ],
    ['of no events', [], 0, /no events/],
    ['that is negative', [placed('o1')], -1, /whole number from 0, or 'any', not -1/],
    ['that is a fraction', [placed('o1')], 0.5, /not 0\.5/],
    ['that is null', [placed('o1')], null, /not null/],
    ['that is a text', [placed('o1')], '1', /not '1'/],
  ] as [string, object[], number, RegExp][])(
    '%s is refused, and nothing is sent',
    async (_, events, expectedVersion, words) => {
      const { bus, count } = await start();
      const error = await refusal(bus.fireAll(events, { expectedVersion }));
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect((error as Error).message).toMatch(words);
      expect(await count()).toBe(0);
    },
  );

  it.each([placed('o1', 0.5), placed(NaN)])('does not hide that %p is invalid', async (event) => {
    const { bus } = await start();
    const error = await refusal(bus.fire(event, { expectedVersion: 0 }));
    expect(error).toBeInstanceOf(EventValidationError);
  });

  it('of a key that is none is refused, where nothing is validated', async () => {
    const { bus, count } = await start({ validate: false });
    const error = await refusal(bus.fire(placed(NaN), { expectedVersion: 0 }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect((error as Error).message).toMatch(/key 'orderId' is NaN/);
    expect(await count()).toBe(0);
  });

  it.each([
    ['stream_use', 'per_event', /'per_event'.*Set it to 'per_api'/],
    ['max_stream_length', 1000, /max_stream_length is 1000.*Set it to null/],
  ])('is told at the start with %s, and refused', async (setting, value, words) => {
    const { url } = await sharedRedis();
    const { bus, logs } = await startApplication({
      ...{ url, service: uniqueName('expected'), events: [Placed, Paid, Pinged] },
      redis: { [setting]: value },
    });
    const warnings = logs.filter((line) => /^warn .*'expectedVersion'/.test(line));
    expect(warnings).toEqual([expect.stringMatching(words)]);
    const error = await refusal(bus.fire(placed('o1'), { expectedVersion: 0 }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect((error as Error).message).toMatch(words);
    expect(await bus.fire(placed('o1'))).toMatchObject({ key: 'o1' });
  });

  it('is not told at the start where no event has a key', async () => {
    const { url } = await sharedRedis();
    const { logs } = await startApplication({
      ...{ url, service: uniqueName('expected'), events: [Pinged] },
      redis: { stream_use: 'per_event' },
    });
    expect(logs.filter((line) => line.includes('expectedVersion'))).toEqual([]);
  });
});

describe('fire without an expected version', () => {
  it('costs what it did, with and without a key', async () => {
    const { bus, store } = await start();
    const calls: string[] = [];
    for (const name of ['append', 'appendOnce', 'eventKeys', 'entityPlaces'] as const) {
      const method = store[name].bind(store) as (...args: unknown[]) => Promise<never>;
      Object.assign(store, {
        [name]: (...args: unknown[]) => {
          calls.push(name);
          return method(...args);
        },
      });
    }
    await bus.fire(Pinged);
    await bus.fire(placed('o1'));
    await bus.fire(placed('o1'), { id: newEventId(Date.now()) });
    expect(calls).toEqual(['append', 'append', 'appendOnce']);
  });
});
