import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ConcurrencyError, FireError, PublishError } from '../../lib/fire-errors.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { TAKE_IN } from '../../lib/store/redis/scripts.generated.js';
import { newEventId } from '../../lib/wire/event-id.js';
import { commandsWhile, recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { owned } from '../support/owned.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { ALL, KEEP_ALL } from './contract-fixtures.js';
import { KEYS, newOrders, order, placesOf } from './entity-fixtures.js';
import { appendExpecting } from './expectations.contract.js';

const log = () => undefined;

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  commands = await recordCommands(redis.client());
});

async function open(url = redis.url): Promise<RedisStore> {
  const store = new RedisStore({ url, logger: { log, warn: log, error: log } });
  owned().onEnd(() => store.close());
  await store.connect(5_000);
  return store;
}

/** Names of the commands about a stream that something takes. */
async function commandsOf(stream: string, what: () => Promise<unknown>): Promise<string[]> {
  return (await commandsWhile(commands, raw, what))
    .filter(({ args }) => args.some((arg) => arg.includes(stream)))
    .map(({ args: [name = ''] }) => name);
}

describe('entities on Redis', () => {
  it('cost as many commands among 20,000 entries as among 100', async () => {
    const store = await open();
    const costs = [];
    for (const length of [100, 20_000]) {
      const { stream, placed } = newOrders();
      const every = length / 20;
      const entries = Array.from({ length }, (_, i) =>
        placed(i % every === 0 ? 'a' : `b${i % 999}`),
      );
      await store.append(stream, entries, KEEP_ALL);
      const places = await placesOf(store, stream, 'a');
      const nativeIds = places.map(({ nativeId }) => nativeId);
      await store.append(stream, [placed('c')], KEEP_ALL);
      costs.push({
        places: await commandsOf(stream, () => placesOf(store, stream, 'a')),
        from: await commandsOf(stream, () => placesOf(store, stream, 'a', { start: nativeIds[9] })),
        entries: await commandsOf(stream, () => store.entriesAt(stream, nativeIds)),
        append: await commandsOf(stream, () => appendExpecting(store, stream, 20, [placed('a')])),
      });
    }
    expect(costs[1]).toEqual(costs[0]);
    const { places, append } = costs[0]!;
    const takeIn = ['evalsha', 'hmget', 'hmget', 'xrange', 'xlen', 'hmget', 'hset'];
    expect(places).toEqual([...takeIn, 'hget']);
    expect(append).toHaveLength(12);
  });

  it('cost nothing where nothing is expected', async () => {
    const store = await open();
    const { stream, placed } = newOrders();
    const once = { ...KEEP_ALL, onceWithinMs: 60_000 };
    const fire = () => store.append(stream, [placed('a')], KEEP_ALL);
    const fireOnce = (areNew: boolean) => () =>
      store.appendOnce(stream, [placed('a', newEventId(store.time))], { ...once, areNew });
    expect(await commandsOf(stream, fire)).toEqual(['xadd']);
    expect(await commandsOf(stream, fireOnce(true))).toEqual(['evalsha', 'get', 'xadd', 'set']);
    const looking = ['xrevrange', 'evalsha', 'get', 'xrange', 'xadd', 'set'];
    expect(await commandsOf(stream, fireOnce(false))).toEqual(looking);
  });

  it('lose no update of many that change one at once, with a stranger writing beside them', async () => {
    const { stream, event, placed } = newOrders();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open()));
    let isOver = false;
    const stranger = (async () => {
      while (!isOver) {
        const fields = [placed('b'), event('x', {}), event('placed', { orderId: 1 })];
        const pipeline = raw.pipeline();
        for (const one of [...fields, ...fields, ...fields]) pipeline.xadd(stream, '*', ...one);
        await pipeline.exec();
      }
    })();
    const change = async (store: RedisStore, by: number) => {
      for (;;) {
        const version = (await placesOf(store, stream, 'a')).length;
        const decided = event('paid', { orderId: 'a', by, version });
        try {
          return await appendExpecting(store, stream, version, [decided]);
        } catch (error) {
          if (!(error instanceof ConcurrencyError)) throw error;
        }
      }
    };
    await Promise.all(
      Array.from({ length: 8 }, async (_, by) => {
        for (let i = 0; i < 10; i++) await change(stores[by % 4]!, by);
      }),
    );
    isOver = true;
    await stranger;
    const all = await stores[0]!.range(stream, ALL);
    const versions = all
      .filter(({ fields }) => fields?.includes('paid'))
      .map(({ fields }) => Number(fields?.at(-1)));
    expect(versions).toEqual(Array.from({ length: 80 }, (_, i) => i));
    expect(all.length).toBeGreaterThan(200);
  }, 60_000);

  it('are not appended to when time is up before the index has taken in all, and are the next time', async () => {
    const { stream, placed } = newOrders();
    const proxy = await startProxy(redis.port, (data) => {
      if (data.toString('latin1').includes(`evalsha\r\n$40\r\n${TAKE_IN.sha}`))
        proxy.pause('answers');
    });
    const store = await open(proxy.url);
    await store.append(
      stream,
      Array.from({ length: 1_000 }, () => placed('b')),
      KEEP_ALL,
    );
    const late = appendExpecting(store, stream, 0, [placed('a')], { timeoutMs: 200 });
    await expect(late).rejects.toBeInstanceOf(PublishError);
    await expect(late).rejects.toMatchObject({ retry: 'again', stored: [] });
    await expect(late).rejects.toThrow(/time was up before .* index of the stream/);
    expect(await raw.xlen(stream)).toBe(1_000);
    const calm = await open();
    const [place] = await appendExpecting(calm, stream, 0, [placed('a')]);
    expect(place?.sequence).toBe(1);
    const keys = await calm.eventKeys(stream, new Map());
    expect(keys).toEqual(KEYS);
    expect(await calm.entityPlaces(stream, keys, order('a'), ALL)).toHaveLength(1);
  });

  it.each(['hset', 'set', 'xadd', 'hmget', 'get'])(
    'are not appended to by a user who has no right to %s: what is said of that is true',
    async (command) => {
      const { stream, placed } = newOrders();
      const store = await open();
      await appendExpecting(store, stream, 0, [placed('a')]);
      const user = `no-${command}`;
      await raw.acl('SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', `-${command}`);
      const limited = await open(`redis://${user}:secret@${redis.host}:${redis.port}/0`);
      const refused = appendExpecting(limited, stream, 1, [placed('a'), placed('a')]);
      await expect(refused).rejects.toBeInstanceOf(FireError);
      const error = (await refused.catch((reason: unknown) => reason)) as FireError;
      const length = await raw.xlen(stream);
      expect([error.constructor, error.retry, length]).toEqual([PublishError, 'never', 1]);
      expect(await placesOf(store, stream, 'a')).toHaveLength(1);
    },
  );

  it('have snapshots that expire', async () => {
    const store = await open();
    const { stream } = newOrders();
    await store.writeSnapshot(stream, 'a', 'text');
    const [key] = await raw.keys(`lightbus:snapshot:{${stream}}:*`);
    expect(await raw.pttl(key!)).toBeGreaterThan(29 * 24 * 3_600_000);
  });
});
