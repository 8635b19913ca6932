import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { sharedRedis, type SharedRedis } from '../support/redis-server.js';
import { append, consumerOf, newStream } from './contract-fixtures.js';
import { describeStoreContract } from './store.contract.js';

let redis: SharedRedis;
let raw: Redis;

/** What the stores have reported about their connections. */
const reports: string[] = [];
const logger = {
  log: (message: unknown) => void reports.push(String(message)),
  warn: (message: unknown) => void reports.push(String(message)),
  error: (message: unknown) => void reports.push(String(message)),
};

beforeAll(async () => {
  redis = await sharedRedis();
  raw = redis.client();
});

// Nothing here loses a connection: opening and closing on purpose is no news.
afterAll(() => expect(reports).toEqual([]));

describeStoreContract('RedisStore', async () => {
  const store = new RedisStore({ url: redis.url, logger });
  const other = new RedisStore({ url: redis.url, logger });
  await Promise.all([store.connect(5000), other.connect(5000)]);
  return {
    store,
    other,
    async deleteUpTo(stream, nativeId) {
      const entries = await raw.xrange(stream, '-', nativeId);
      await raw.xdel(stream, ...entries.map(([id]) => id));
    },
    async deleteIndex(stream) {
      await raw.del(`lightbus:index:{${stream}}`);
    },
    async cleanup() {
      await Promise.all([store.close(), other.close()]);
    },
  };
});

describe('RedisStore on the server', () => {
  let store: RedisStore;

  beforeAll(async () => {
    store = new RedisStore({ url: redis.url, logger });
    await store.connect(5000);
  });

  afterAll(() => store.close());

  it('makes the consumer with its group, so that Python Lightbus does not destroy it', async () => {
    const w1 = consumerOf(newStream());
    const { stream, group, consumer } = w1;
    await store.openGroup(w1, { since: '0' });
    const consumers = (await raw.xinfo('CONSUMERS', stream, group)) as unknown[][];
    expect(consumers).toHaveLength(1);
    expect(consumers[0]).toEqual(expect.arrayContaining(['name', consumer, 'pending', 0]));
  });

  it('makes a group that was destroyed again before what any process had in hand', async () => {
    const w1 = consumerOf(newStream());
    const w2 = consumerOf(w1.stream, 'w2');
    const [first, second] = await append(store, w1.stream, 1, 2);
    for (const ref of [w1, w2]) await store.openGroup(ref, { since: '0' });
    for (const ref of [w1, w2]) await store.readNew(ref, 1);
    await store.acknowledge(w2, [second!]);

    await raw.xgroup('DESTROY', w1.stream, w1.group);
    await store.openGroup(w2, { since: '0', acknowledged: second });
    expect((await store.readNew(w2, 9)).map(({ nativeId }) => nativeId)).toEqual([first, second]);
  });

  it('makes a group again where this process stopped, if Redis has forgotten that', async () => {
    const w1 = consumerOf(newStream());
    const [first, second] = await append(store, w1.stream, 1, 2);
    await raw.del(`lightbus:group:{${w1.stream}}:${w1.group}`);
    await store.openGroup(w1, { since: '0', acknowledged: first });
    expect((await store.readNew(w1, 9)).map(({ nativeId }) => nativeId)).toEqual([second]);
  });

  it('writes exactly the fields that it was given', async () => {
    const stream = newStream();
    const fields = ['id', 'x', 'api_name', 'a', 'event_name', 'b', 'version', '1', ':p', '"ü"'];
    const [id] = await store.append(stream, [fields], { maxLength: null, timeoutMs: 5000 });
    expect(await raw.xrange(stream, '-', '+')).toEqual([[id, fields]]);
  });

  it('finds streams only among the keys', async () => {
    const stream = newStream();
    await append(store, stream, 1);
    await raw.set(`${stream}:session`, 'no stream');
    expect(await store.findStreams()).toEqual(expect.arrayContaining([stream]));
  });
});
