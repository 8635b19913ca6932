import type { INestApplicationContext, Type } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Allow, IsInt, IsString } from 'class-validator';
import {
  Event,
  EventBus,
  InvalidOptionsError,
  type EventMessage,
  type HistoryOptions,
  type LightbusModuleOptions,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startApplication } from '../../e2e/application.js';
import { startRedis, uniqueName } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('keyed.placed', { key: 'orderId' })
class Placed {
  @IsString() orderId!: string;
  @IsInt() n!: number;
}
@Event('keyed.paid', { key: 'orderId' })
class Paid {
  @IsString() orderId!: string;
  @IsInt() n!: number;
}
@Event('keyed.noted')
class Noted {
  @IsString() orderId!: string;
  @IsInt() n!: number;
}
@Event('keyed.shipped', { key: 'shipmentId' })
class Shipped {
  @IsString() shipmentId!: string;
  @IsInt() n!: number;
}
@Event('keyed.counted', { key: 'number' })
class Counted {
  @Allow() number!: number;
}
@Event('elsewhere.sent', { key: 'orderId' })
class Sent {
  @IsString() orderId!: string;
}

async function collect<T>(iterable: AsyncIterable<EventMessage<T>>): Promise<EventMessage<T>[]> {
  const messages: EventMessage<T>[] = [];
  for await (const message of iterable) messages.push(message);
  return messages;
}

const seen = (messages: readonly EventMessage<unknown>[]) =>
  messages.map(({ payload, key, sequence }) => [(payload as Placed).n, key, sequence]);

/** Placed, paid and placed again of order a; one of order b between them, and one that has no key. */
async function start(events: readonly Type<object>[] = [Placed, Paid, Noted]) {
  const application = await startOn({ events });
  const { bus } = application;
  const first = await bus.fire(Placed, { orderId: 'a', n: 1 });
  await bus.fire(Placed, { orderId: 'b', n: 2 });
  await bus.fire(Noted, { orderId: 'a', n: 3 });
  const paid = await bus.fire(Paid, { orderId: 'a', n: 4 });
  await bus.fire(Placed, { orderId: 'a', n: 5 });
  return { ...application, first, paid };
}

interface Parts {
  readonly events?: readonly Type<object>[];
  readonly options?: Partial<LightbusModuleOptions>;
}

let startOn: (parts: Parts) => Promise<{ app: INestApplicationContext; bus: EventBus }>;

let redis: ReturnType<typeof startRedis> | undefined;

const onRedis = async (parts: Parts) => {
  const { url } = await (redis ??= startRedis());
  return startApplication({ ...parts, service: uniqueName('keyed'), url });
};

describe.each<[string, typeof startOn]>([
  ['in memory', startInMemory],
  ['on Redis', onRedis],
])('EventBus.history of one entity, %s', (_, startHere) => {
  beforeEach(async () => {
    startOn = startHere;
    await (await redis)?.client().flushdb();
  });

  it('gives its events only, each with its key and its number within it', async () => {
    const { bus } = await start();
    const messages = await collect(bus.history('keyed.*', { key: 'a' }));
    expect(seen(messages)).toEqual([
      [1, 'a', 1],
      [4, 'a', 2],
      [5, 'a', 3],
    ]);
    expect(messages.map(({ payload }) => payload.constructor)).toEqual([Placed, Paid, Placed]);
    expect(await collect(bus.history('keyed.*', { key: 'nobody' }))).toEqual([]);
  });

  it('leaves out what is not selected, and counts it all the same', async () => {
    const { bus } = await start();
    const read = async (options: HistoryOptions) =>
      seen(await collect(bus.history([Placed, Noted], { key: 'a', ...options })));
    expect(await read({})).toEqual([
      [1, 'a', 1],
      [5, 'a', 3],
    ]);
    expect(await read({ limit: 1, order: 'desc' })).toEqual([[5, 'a', 3]]);
  });

  it('keeps to its bounds', async () => {
    const { bus, first, paid } = await start();
    const read = async (options: HistoryOptions) =>
      (await collect(bus.history('keyed.*', { key: 'a', ...options }))).map(
        ({ sequence }) => sequence,
      );
    expect(await read({ after: first.nativeId })).toEqual([2, 3]);
    expect(await read({ since: paid.nativeId, until: paid.nativeId })).toEqual([2]);
    expect(await read({ after: first.nativeId, order: 'desc' })).toEqual([3, 2]);
  });

  it('gives pages of it in both orders, and within bounds', async () => {
    const { bus } = await startOn({ events: [Placed] });
    const events = Array.from({ length: 501 }, (_, n) =>
      Object.assign(new Placed(), { orderId: n % 2 === 0 ? 'a' : 'b', n }),
    );
    const messages = await bus.fireAll(events);
    const read = async (options: HistoryOptions) =>
      (await collect(bus.history(Placed, { key: 'a', ...options }))).map(
        ({ payload }) => payload.n,
      );
    const all = events.filter(({ orderId }) => orderId === 'a').map(({ n }) => n);
    expect(await read({})).toEqual(all);
    expect(await read({ order: 'desc' })).toEqual(all.toReversed());
    expect(await read({ order: 'desc', limit: 130 })).toEqual(all.slice(-130).toReversed());
    // Of another entity.
    const after = messages[101]!.nativeId;
    expect(await read({ after, limit: 3 })).toEqual([102, 104, 106]);
    expect(await read({ until: after, order: 'desc', limit: 2 })).toEqual([100, 98]);
    expect(await read({ since: after, until: messages[400]!.nativeId })).toEqual(
      all.slice(51, 201),
    );
  });

  it('takes 1 and the text of it for one', async () => {
    const { bus } = await startOn({ events: [Counted] });
    await bus.fire(Counted, { number: 1 });
    const options = { key: '1' };
    expect(await collect(bus.history(Counted, options))).toHaveLength(1);
    const [message] = await collect(bus.history(Counted, { key: 1 }));
    expect(message?.key).toBe('1');
  });

  it('goes on with what is stored of it, and of no other', async () => {
    const { bus } = await start();
    const reading = collect(bus.history('keyed.*', { key: 'a', follow: true, limit: 5 }));
    await bus.fire(Placed, { orderId: 'b', n: 6 });
    await bus.fire(Placed, { orderId: 'a', n: 7 });
    await bus.fire(Noted, { orderId: 'a', n: 8 });
    await bus.fire(Paid, { orderId: 'a', n: 9 });
    expect(seen(await reading).slice(3)).toEqual([
      [7, 'a', 4],
      [9, 'a', 5],
    ]);
  });

  it('goes by the keys that other services have told, where it knows none', async () => {
    const { app, bus } = await startOn({});
    const { store } = app.get(Stores).forApi('keyed');
    const fields = ['id', 'x', 'event_name', 'placed', 'api_name', 'keyed', ':orderId', '"a"'];
    await store.append('keyed.*:stream', [[...fields, ':n', '1']], {
      maxLength: null,
      timeoutMs: 5_000,
    });
    await store.eventKeys('keyed.*:stream', new Map([['placed', 'orderId']]));
    expect(seen(await collect(bus.history('keyed.*', { key: 'a' })))).toEqual([[1, 'a', 1]]);
  });

  it.each<[string, Parameters<typeof start>[0], unknown, RegExp]>([
    [
      'events that are about different kinds of entities',
      [Placed, Paid, Noted, Shipped],
      'keyed.*',
      /'orderId' \(keyed\.placed, keyed\.paid\) and 'shipmentId' \(keyed\.shipped\)/,
    ],
    ['events of several APIs', [Placed, Paid, Noted, Sent], [Placed, Sent], /'keyed', 'elsewhere'/],
  ])('refuses %s at the call', async (_, events, selector, reason) => {
    const { bus } = await start(events);
    const read = () => bus.history(selector as string, { key: 'a' });
    expect(read).toThrow(InvalidOptionsError);
    expect(read).toThrow(reason);
  });

  it('reads one kind of entity of several', async () => {
    const { bus } = await start([Placed, Paid, Noted, Shipped]);
    await bus.fire(Shipped, { shipmentId: 'a', n: 6 });
    expect(seen(await collect(bus.history(Shipped, { key: 'a' })))).toEqual([[6, 'a', 1]]);
    expect(await collect(bus.history([Placed, Paid], { key: 'a' }))).toHaveLength(3);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'an event without a key',
      Noted,
      /'keyed\.noted'\) is known to have a key.*key: '\.\.\.'.*Noted/,
    ],
    ['a class that no service has registered', Shipped, /register Shipped with/],
  ])('refuses %s when it is read, saying what to add', async (_, selector, reason) => {
    const { bus } = await start();
    for (const follow of [false, true]) {
      const reading = collect(bus.history(selector as string, { key: 'a', follow }));
      await expect(reading).rejects.toThrow(InvalidOptionsError);
    }
    await expect(collect(bus.history(selector as string, { key: 'a' }))).rejects.toThrow(reason);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['per_event', { stream_use: 'per_event' }, /Set it to 'per_api'/],
    ['a trimmed stream', { max_stream_length: 100 }, /max_stream_length is 100/],
  ])('refuses %s at the call', async (_, redis, reason) => {
    const { bus } = await startOn({
      options: { config: { apis: { default: { event_transport: { redis } } } } },
    });
    expect(() => bus.history('keyed.*', { key: 'a' })).toThrow(InvalidOptionsError);
    expect(() => bus.history('keyed.*', { key: 'a' })).toThrow(reason);
  });

  it.each([[null], [{}], [NaN], ['\ud800'], [true]])('refuses %p as a key', async (key) => {
    const { bus } = await startOn({ events: [Placed] });
    expect(() => bus.history(Placed, { key: key as string })).toThrow(InvalidOptionsError);
  });
});

it('the history of one entity has events that another service has registered, and only fired', async () => {
  await (await redis)?.client().flushdb();
  const owner = await onRedis({ events: [Placed] });
  await owner.bus.fire(Placed, { orderId: 'a', n: 1 });
  const raw = (await redis!).client();
  await waitFor(() => raw.exists('lightbus:keys:{keyed.*:stream}'));
  const reader = await onRedis({});
  for (const selector of ['keyed.*', Placed]) {
    const history = reader.bus.history(selector as string, { key: 'a' });
    expect(seen(await collect(history))).toEqual([[1, 'a', 1]]);
  }
});

it('and also where Redis took nothing in when that service started', async () => {
  await onRedis({});
  const raw = (await redis!).client();
  await raw.flushdb();
  await raw.config('RESETSTAT');
  await raw.config('SET', 'maxmemory', 1);
  await onRedis({ events: [Placed] });
  await waitFor(async () => (await raw.info('errorstats')).includes('errorstat_OOM'));
  await raw.config('SET', 'maxmemory', 0);
  await waitFor(() => raw.exists('lightbus:keys:{keyed.*:stream}'));
});
