import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { Member } from '../../lib/store/consumer-groups.js';
import { deadLetterStream } from '../../lib/store/dead-letter.js';
import type { GroupDetails } from '../../lib/store/inspection.js';
import { groupKey } from '../../lib/store/redis/keys.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { owned } from '../support/owned.js';
import { sharedRedis } from '../support/redis-server.js';
import { append, consumerOf, newStream } from './contract-fixtures.js';

const LONG_IDLE_MS = 2 ** 40;

describe('looking at a group on Redis', () => {
  let client: Redis;
  let store: RedisStore;
  let member: Member;
  let stored: string[];

  beforeAll(async () => {
    const redis = await sharedRedis();
    client = redis.client();
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    store = new RedisStore({ url: redis.url, logger });
    owned().onEnd(() => store.close());
  });

  beforeEach(async () => {
    member = consumerOf(newStream());
    stored = await append(store, member.stream, 1, 2, 3);
    await store.openGroup(member, { since: '0' });
    await store.readNew(member, 2);
  });

  async function look(): Promise<GroupDetails> {
    const state = await store.inspect(member.stream);
    return state!.groups[0]!;
  }

  it('believes nothing that others have put beside it', async () => {
    const id = stored[0]!;
    const failing = { [`failing:${id}`]: '1700000000000 1700000000001', [`attempts:${id}`]: '3' };
    const notes = [
      'nonsense',
      '1 2',
      '1 2 no JSON',
      '1 2 null',
      '1 2 "text"',
      'x 2 {"error":"e"}',
      '1 -2 {"error":"e"}',
    ];
    for (const note of notes) {
      await client.hset(groupKey(member), { ...failing, [`failure:${id}`]: note });
      expect((await look()).failures).toEqual([]);
    }
    await client.hset(groupKey(member), {
      [`failure:${id}`]: '2 99999999999999999999 {"error":{"__proto__":1},"event":7}',
      'failure:__proto__': '1 2 {"error":"e"}',
      'failure:9-9': '1 2 {"error":"not pending"}',
      'failing:9-9': '1 1',
      ...{ lost: 'long ago', losses: 'many', unclaimed: 'always' },
      [`oldest:${member.consumer}`]: `${id} soon`,
      [`holder:${member.consumer}`]: 'token {"host":7}',
    });
    const found = await look();
    expect(found.failures).toEqual([
      {
        ...{ nativeId: id, consumer: 'w1', attempts: 3, error: '[object Object]' },
        ...{ since: new Date(1_700_000_000_000), nextTryAt: null },
      },
    ]);
    expect(found).toMatchObject({ lost: null, oldestPending: { nativeId: id, consumer: 'w1' } });
    expect(found.consumers[0]?.worker).toMatchObject({ host: 'unknown', leaseMs: null });
  });

  it('shows no consumer that holds entries for whoever comes next, that of version 0.1 neither', async () => {
    for (const [i, nobody] of ['lightbus:redrive', 'lightbus:nobody'].entries()) {
      const args = [member.stream, member.group, nobody, 0, stored[i]!, 'IDLE', LONG_IDLE_MS];
      await client.call('XCLAIM', ...args.map(String));
    }
    expect(await look()).toMatchObject({
      ...{ pending: 2, unclaimed: 2, consumers: [{ name: 'w1', pending: 0 }] },
      // Nothing says since when: that it is idle for decades is no answer.
      oldestPending: { nativeId: stored[0], consumer: null, pendingMs: null },
    });
  });

  it('says for how long an entry has been in hand, though its consumer shows that it lives', async () => {
    const field = `oldest:${member.consumer}`;
    const keep = () => store.keepAlive(member, stored.slice(0, 2));
    await keep();
    const [id, since] = (await client.hget(groupKey(member), field))!.split(' ');
    expect(id).toBe(stored[0]);
    await client.hset(groupKey(member), field, `${id} ${Number(since) - 3_600_000}`);
    await keep();
    const { pendingMs } = (await look()).oldestPending!;
    expect(pendingMs).toBe(Math.floor(pendingMs!));
    // What is known of the server's time is a little less, never more.
    expect(pendingMs).toBeGreaterThan(3_599_000);
    // The next one is in hand from when it is the oldest.
    await store.acknowledge(member, [stored[0]!]);
    await store.keepAlive(member, [stored[1]!]);
    const { oldestPending } = await look();
    expect(oldestPending?.nativeId).toBe(stored[1]);
    expect(oldestPending?.pendingMs).toBeLessThan(3_600_000);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['handed back', () => store.handBack(member)],
    [
      'driven again',
      async (id) => {
        const report = { listener: 'stock', reason: 'failed', message: 'no', attempts: 1 };
        const letter = await store.deadLetter(member, id, report);
        await store.redrive(member, [{ id: letter!, nativeId: id }]);
      },
    ],
  ])('says since when entries wait for a worker that were %s', async (_, leave) => {
    await leave(stored[0]!);
    const since = (await client.hget(groupKey(member), 'unclaimed'))!;
    expect((await look()).oldestPending).toMatchObject({
      ...{ nativeId: stored[0], consumer: null, pendingMs: expect.any(Number) },
    });
    // What joins them says nothing of those that wait already.
    await client.hset(groupKey(member), 'unclaimed', Number(since) - 3_600_000);
    await leave(stored[1]!);
    const { pendingMs } = (await look()).oldestPending!;
    expect(pendingMs).toBe(Math.floor(pendingMs!));
    // What is known of the server's time is a little less, never more.
    expect(pendingMs).toBeGreaterThan(3_599_000);
  });

  it('remembers what was lost, once it was told', async () => {
    const ranges = [
      { after: '1-0', until: '2-0' },
      { after: '3-0', until: null },
    ];
    for (const range of ranges) {
      const baseline = await client.hget(groupKey(member), 'baseline');
      await store.moveBaseline(member, baseline, JSON.stringify(range), range);
      expect((await look()).lost?.last.after).not.toBe(range.after);
      await store.told(member, 'vanished', range);
    }
    const { lost } = await look();
    expect(lost).toMatchObject({ times: 2, last: ranges[1] });
    expect(Math.abs(Number(lost?.last.noticedAt) - Date.now())).toBeLessThan(60_000);
  });

  it('tells whoever has an entry next that its latest attempt has failed, where TIME is forbidden, too', async () => {
    await client.call('ACL', 'SETUSER', 'timeless', 'on', '>pw', '~*', '&*', '+@all', '-time');
    const url = new URL((await sharedRedis()).url);
    [url.username, url.password] = ['timeless', 'pw'];
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const timeless = new RedisStore({ url: url.href, logger });
    owned().onEnd(() => timeless.close());
    await timeless.recordAttempts(member, stored[0]!, 7, true, { error: 'no', nextInMs: 1 });
    await timeless.recordAttempts(member, stored[1]!, 7, false);
    const [failed, other] = await timeless.readPending(member, '0-0', 10);
    expect([failed, other]).toMatchObject([{ attempts: 7, hasFailed: true }, { attempts: 7 }]);
    expect(failed).not.toHaveProperty('times');
    expect(other).not.toHaveProperty('hasFailed');
  });

  it('asks once whether a process lives, however many groups it reads for', async () => {
    const pttls = async () =>
      /cmdstat_pttl:calls=(\d+)/.exec(await client.info('commandstats'))?.[1];
    const holder = { ...member.holder };
    for (const group of ['a', 'b', 'c'])
      await store.openGroup({ ...member, group, holder }, { since: '0' });
    const before = Number((await pttls()) ?? 0);
    expect((await store.inspect(member.stream))?.groups).toHaveLength(4);
    expect(Number(await pttls()) - before).toBe(1);
  });

  it('leaves nothing of what has failed beside the group once that is dealt with', async () => {
    const note = { error: 'no', nextInMs: 1 };
    for (const id of stored.slice(0, 2)) await store.recordAttempts(member, id, 1, true, note);
    await store.acknowledge(member, [stored[0]!], [stored[0]!]);
    const report = { listener: 'stock', reason: 'failed', message: 'no', attempts: 1 };
    await store.deadLetter(member, stored[1]!, report);
    const fields = await client.hkeys(groupKey(member));
    expect(fields.filter((field) => /^(attempts|failing|failure):/.test(field))).toEqual([]);
  });

  it('heeds nothing that an older version has left of an entry', async () => {
    const note = { error: 'no', nextInMs: 1 };
    await store.recordAttempts(member, stored[0]!, 1, true, note);
    expect((await look()).failures).toHaveLength(1);
    await client.hdel(groupKey(member), `attempts:${stored[0]}`);
    expect((await look()).failures).toEqual([]);
  });

  it('costs so many commands for each group, however long the stream is', async () => {
    await client.xgroup('CREATE', member.stream, 'other', '0');
    const count = async () => {
      const before = await commands();
      await store.inspect(member.stream, { countUpTo: 0 });
      return (await commands()) - before;
    };
    const commands = async () => {
      const text = await client.info('commandstats');
      return [...text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)]
        .filter(([, name]) => name !== 'info')
        .reduce((sum, [, , calls]) => sum + Number(calls), 0);
    };
    const short = await count();
    const entries = Array.from({ length: 500 }, (_, i) => i);
    await append(store, member.stream, ...entries);
    expect(await count()).toBe(short);
    expect(short).toBeLessThanOrEqual(2 + 2 * 5 + 1);
  });

  it('says what could not be set aside, and why', async () => {
    await client.set(deadLetterStream(member), 'no stream');
    const report = { listener: 'stock', reason: 'failed', message: 'no', attempts: 1 };
    await expect(store.deadLetter(member, stored[0]!, report)).rejects.toThrow(
      new RegExp(`^Setting entry ${stored[0]} of '.*' aside on redis://.* failed: WRONGTYPE`),
    );
  });
});
