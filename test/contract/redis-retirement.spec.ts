import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { groupKey } from '../../lib/store/redis/keys.js';
import { owned } from '../support/owned.js';
import { sharedRedis } from '../support/redis-server.js';
import { append, consumerOf, heldBy, ids, newStream } from './contract-fixtures.js';

describe('RedisStore, retiring a group', () => {
  let raw: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    const redis = await sharedRedis();
    raw = redis.client();
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    store = new RedisStore({ url: redis.url, logger });
    owned().onEnd(() => store.close());
    await store.connect(5_000);
  });

  it('leaves one that a process takes up meanwhile', async () => {
    const w1 = consumerOf(newStream());
    await store.openGroup(w1, { since: '0' });
    const next = heldBy(w1, 'next');
    const isAlive = store.isAlive.bind(store);
    // The one before is found dead; before the group is removed, the name is taken.
    const asked = jest.spyOn(store, 'isAlive').mockImplementationOnce(async (token) => {
      const was = await isAlive(token);
      await store.openGroup(next, { since: '0' });
      await store.beat(next.holder, 60_000);
      return was;
    });
    expect(await store.retire(w1, 'group')).toMatchObject({ users: [{ consumer: 'w1' }] });
    asked.mockRestore();
    expect(await store.holds(next)).toBe(true);
    expect(await store.retire(w1, 'unused_consumers')).toMatchObject({ unused: [] });
  });

  it('leaves one that a client without a lease has just used, and one whose process has lost its group', async () => {
    const w1 = consumerOf(newStream());
    await store.openGroup(w1, { since: '0' });
    await store.handBack(w1);
    await raw.xgroup('CREATECONSUMER', w1.stream, w1.group, 'python');
    const python = { consumer: 'python', worker: null, idleMs: expect.any(Number) };
    expect(await store.retire(w1, 'group')).toMatchObject({ users: [python], unused: ['w1'] });
    expect(await store.retire(w1, 'unused_consumers')).toMatchObject({ unused: ['w1'] });
    expect(await raw.xinfo('CONSUMERS', w1.stream, w1.group)).toHaveLength(1);

    await store.openGroup(w1, { since: '0' });
    await store.beat(w1.holder, 60_000);
    // By somebody else, as Python's start does with consumers that it takes for dead.
    await raw.xgroup('DELCONSUMER', w1.stream, w1.group, w1.consumer);
    const used = { users: [{ consumer: 'w1', worker: { pid: 1 } }] };
    await raw.xgroup('DELCONSUMER', w1.stream, w1.group, 'python');
    expect(await store.retire(w1, 'group')).toMatchObject(used);
    await raw.xgroup('DESTROY', w1.stream, w1.group);
    expect(await store.retire(w1, 'group')).toMatchObject(used);
    expect(await raw.exists(groupKey(w1))).toBe(1);
  });

  it('takes nobody for a consumer: neither where entries wait to be claimed, nor where version 0.1 left them', async () => {
    const w1 = consumerOf(newStream());
    const stored = await append(store, w1.stream, 1, 2);
    await store.openGroup(w1, { since: '0' });
    await store.readNew(w1, 2);
    await store.handBack(w1, { staying: [stored[1] ?? ''], fetched: [stored[0] ?? ''] });
    const idle = ['IDLE', 2 ** 40, 'RETRYCOUNT', 0, 'JUSTID'] as const;
    await raw.xclaim(w1.stream, w1.group, 'lightbus:redrive', 0, stored[1] ?? '', ...idle);
    expect(await store.retire(w1, 'nothing')).toMatchObject({ users: [], unused: ['w1'] });

    // Both are taken over, and no attempt is counted.
    await store.openGroup(w1, { since: '0' });
    const { entries, interrupted } = await store.claim(w1, 60_000, '-', 10);
    expect(ids(entries)).toEqual(stored);
    expect(entries.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1]);
    expect(interrupted).toEqual([]);
    await store.retire(w1, 'unused_consumers');
    await store.retire(w1, 'group');
    expect(await raw.exists(groupKey(w1))).toBe(0);
  });
});
