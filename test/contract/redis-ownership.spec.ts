import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { DisconnectedError } from '../../lib/errors.js';
import type { Member } from '../../lib/store/consumer-groups.js';
import { ReplacedError } from '../../lib/store/ownership-errors.js';
import { processKey } from '../../lib/store/redis/keys.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { recordCommands } from '../support/monitor.js';
import { owned } from '../support/owned.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { append, consumerOf, heldBy, ids, newStream } from './contract-fixtures.js';

let redis: RedisServer;
let raw: Redis;

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

async function connect(url: string): Promise<RedisStore> {
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const store = new RedisStore({ url, logger });
  owned().onEnd(() => store.close());
  await store.connect(5_000);
  return store;
}

async function open(store: RedisStore, member: Member): Promise<Member> {
  await store.openGroup(member, { since: '0' });
  return member;
}

describe('a read of a process that has been replaced', () => {
  /** A read of `first` is under way in a silent network. Its process gives no sign of life. */
  async function goSilent() {
    const proxy = await startProxy(redis.port);
    const a = await connect(proxy.url);
    const b = await connect(redis.url);
    const first = await open(a, consumerOf(newStream()));
    const second = heldBy(first, 'second');
    const stored = await append(b, first.stream, 1, 2, 3);
    proxy.pause();
    const read = a.readNew(first, 1).catch((error: unknown) => error);
    await waitFor(() => proxy.held > 0);
    return { proxy, a, b, first, second, stored, read };
  }

  it('is never carried out: whoever takes the name over ends its connection first', async () => {
    const { proxy, a, b, first, second, stored, read } = await goSilent();

    await b.beat(second.holder, 60_000);
    await open(b, second);
    expect(ids(await b.readNew(second, 1))).toEqual([stored[0]]);
    proxy.resume();

    expect(await read).toBeInstanceOf(Error);
    expect(ids(await b.readNew(second, 9))).toEqual([stored[1], stored[2]]);
    expect(await b.acknowledge(second, stored)).toEqual([]);
    expect(await raw.xpending(first.stream, first.group, '-', '+', 9)).toEqual([]);
    // It comes back, and is told.
    await a.connect(10_000);
    await expect(a.acknowledge(first, stored)).rejects.toBeInstanceOf(ReplacedError);
    expect(await a.holds(first)).toBe(false);
  });

  it('is not sent at all where the connection is away: the next one is another one', async () => {
    const proxy = await startProxy(redis.port);
    const a = await connect(proxy.url);
    const first = await open(a, consumerOf(newStream()));
    await append(await connect(redis.url), first.stream, 1);
    const session = a.session(first.stream);
    await proxy.refuse();
    proxy.cut();
    await expect(
      waitFor(async () => (await a.readNew(first, 1)) && undefined),
    ).rejects.toBeInstanceOf(DisconnectedError);
    const read = expect(a.readNew(first, 1)).rejects.toBeInstanceOf(DisconnectedError);
    await proxy.accept();
    await read;
    await waitFor(() => a.session(first.stream) > session);
    await a.holds(first);
    expect(await raw.xpending(first.stream, first.group, '-', '+', 9)).toEqual([]);
  });

  it('is carried out where CLIENT is forbidden: then it is found by the look for timed-out entries', async () => {
    await raw.acl('SETUSER', 'mute', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-client');
    const { proxy, first, second, stored, read } = await goSilent();
    const mute = await connect(`redis://mute:secret@127.0.0.1:${redis.port}/0`);

    await open(mute, second);
    expect(ids(await mute.readNew(second, 1))).toEqual([stored[0]]);
    proxy.resume();
    expect(await read).toMatchObject([{ nativeId: stored[1] }]);
    await mute.acknowledge(second, [stored[0]!, ...ids(await mute.readNew(second, 9))]);

    const { entries } = await mute.claim(second, 0, '-', 9);
    expect(ids(entries)).toEqual([stored[1]]);
    expect(await mute.acknowledge(second, [stored[1]!])).toEqual([]);
    expect(await raw.xpending(first.stream, first.group, '-', '+', 9)).toEqual([]);
  });
});

it('does not end the connection of a live process, nor its own', async () => {
  const store = await connect(redis.url);
  const first = consumerOf(newStream());
  await store.beat(first.holder, 60_000);
  await open(store, first);
  const session = store.session('');
  const other = await connect(redis.url);
  await expect(open(other, heldBy(first, 'second'))).rejects.toThrow('is in use');
  // Two applications of one process may share a store.
  const third = consumerOf(newStream());
  await open(store, third);
  await open(store, heldBy(third, 'another'));
  expect(await store.holds(first)).toBe(true);
  expect(store.session('')).toBe(session);
});

describe('what it costs', () => {
  /** How often Redis has run each command, those within scripts included, during `action`. */
  async function callsOf(action: () => Promise<unknown>): Promise<Record<string, number>> {
    await raw.config('RESETSTAT');
    await action();
    const stats = await raw.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_(\S+):calls=(\d+)/g)];
    const own = ['info', 'config|resetstat'];
    return Object.fromEntries(
      calls.filter(([, name]) => !own.includes(name!)).map(([, name, n]) => [name!, Number(n)]),
    );
  }

  it('between two events one acknowledgement and one read, in one write, and nothing else', async () => {
    const store = await connect(redis.url);
    const w1 = await open(store, consumerOf(newStream()));
    const stored = await append(store, w1.stream, 1, 2, 3);
    const [first] = await store.readNew(w1, 1);
    expect(first?.nativeId).toBe(stored[0]);
    const client = redis.client();
    const commands = await recordCommands(client);

    const [others, next] = await Promise.all([
      store.acknowledge(w1, [stored[0]!]),
      store.readNew(w1, 1),
    ]);

    expect(others).toEqual([]);
    expect(ids(next)).toEqual([stored[1]]);
    await raw.echo('done');
    await waitFor(() => commands.some(({ args }) => args[0] === 'echo'));
    const names = commands.map(({ args }) => args[0]).filter((name) => name !== 'echo');
    // Those within the script are recorded, too.
    expect(names).toEqual(['evalsha', 'hmget', 'xpending', 'xack', 'hset', 'xreadgroup']);
    const [acknowledgement] = commands;
    const length = acknowledgement!.args.reduce((sum, arg) => sum + arg.length, 0);
    const ownNames = w1.stream.length * 2 + w1.group.length * 2 + w1.consumer.length;
    expect(length - ownNames - w1.holder.token.length).toBeLessThan(150);
    for (const { args } of commands.filter(({ args: [name] }) => name === 'xpending')) {
      // Never the summary, which costs as much as there are consumers.
      expect(args.length).toBeGreaterThanOrEqual(6);
    }
    client.disconnect();
  });

  it('acknowledging takes two commands more where others have older entries, however many they are', async () => {
    const store = await connect(redis.url);
    const [quiet, busy] = [consumerOf(newStream()), consumerOf(newStream())];
    const calls: Record<string, number>[] = [];
    for (const w1 of [quiet, busy]) {
      await open(store, w1);
      if (w1 === busy) {
        await append(store, w1.stream, ...Array.from({ length: 1_000 }, (_, i) => i));
        await store.readNew(consumerOf(w1.stream, 'other'), 1_000);
        const pipeline = raw.pipeline();
        for (let i = 0; i < 2_000; i++) {
          pipeline.xgroup('CREATECONSUMER', w1.stream, w1.group, `c${i}`);
        }
        await pipeline.exec();
      }
      const stored = await append(store, w1.stream, ...Array.from({ length: 100 }, (_, i) => i));
      await store.readNew(w1, 100);
      calls.push(await callsOf(() => store.acknowledge(w1, stored)));
    }
    expect(calls[0]).toEqual({ evalsha: 1, hmget: 1, xpending: 1, xack: 1, hset: 1 });
    expect(calls[1]).toEqual({ ...calls[0], xpending: 3 });
  });

  it('keeping entries alive loads none of them', async () => {
    const store = await connect(redis.url);
    const w1 = await open(store, consumerOf(newStream()));
    const large = Array.from({ length: 100 }, () => 'x'.repeat(100_000));
    const stored = await append(store, w1.stream, ...large);
    await store.readNew(w1, 100);
    let kept = new Set<string>();
    const keeping = async () => {
      await store.keepAlive(w1, stored, kept);
      kept = new Set(stored);
    };
    const calls = await callsOf(keeping);
    expect(calls).not.toHaveProperty('xrange');
    expect(calls).toMatchObject({ xpending: 1, xclaim: 1, evalsha: 1 });
    // Where one was deleted, only those up to it are looked at: they may be gone.
    await raw.xdel(w1.stream, stored[1]!);
    expect(await callsOf(keeping)).toMatchObject({ xrange: 2 });
    // And no more, until something is removed again.
    await append(store, w1.stream, 'more');
    expect(await callsOf(keeping)).not.toHaveProperty('xrange');
    await raw.xdel(w1.stream, stored[98]!);
    expect(await callsOf(keeping)).toMatchObject({ xrange: 99 });
    // What was found to be gone stays with who has it in hand.
    const w2 = await open(store, consumerOf(w1.stream, 'w2'));
    expect(await store.keepAlive(w1, stored)).toEqual([]);
    expect((await store.claim(w2, 60_000, '-', 200)).entries).toEqual([]);
  });

  it('what came between two signs of life is looked for, and stays pending where it is gone', async () => {
    const store = await connect(redis.url);
    const w1 = await open(store, consumerOf(newStream()));
    const [first, late] = (await append(store, w1.stream, 1, 2)) as [string, string];
    await store.readNew(w1, 1);
    await store.keepAlive(w1, [first]);
    await store.readNew(w1, 1);
    await raw.xdel(w1.stream, late);
    // One of an upkeep that does not know of it yet.
    await store.keepAlive(w1, [first], new Set([first]));
    expect(await store.keepAlive(w1, [first, late], new Set([first]))).toEqual([]);
    expect(ids(await store.readPending(w1, '0-0', 9))).toEqual([first, late]);
  });

  it('keeping thousands alive is one step, those included whose data is gone', async () => {
    const store = await connect(redis.url);
    const w1 = await open(store, consumerOf(newStream()));
    const w2 = await open(store, consumerOf(w1.stream, 'w2'));
    const stored = await append(store, w1.stream, ...Array.from({ length: 2_500 }, (_, i) => i));
    const other = await append(store, w1.stream, 'not ours');
    await store.readNew(w1, 2_500);
    await raw.xdel(w1.stream, stored[0]!, stored[1_200]!, stored[2_499]!);
    expect(await store.keepAlive(w1, [...stored, ...other])).toEqual(other);
    expect((await store.claim(w2, 10_000, '-', 3_000)).entries).toEqual([]);
    const kept = await store.readPending(w1, '0-0', 3_000);
    expect(kept.filter(({ fields }) => fields === null)).toHaveLength(3);
  });

  it('taking entries over loads each of them once', async () => {
    const store = await connect(redis.url);
    const w1 = await open(store, consumerOf(newStream()));
    const w2 = await open(store, consumerOf(w1.stream, 'w2'));
    const stored = await append(store, w1.stream, 1, 2, 3);
    await store.readNew(w1, 3);
    const seen = await recordCommands(raw.duplicate());
    const { entries } = await store.claim(w2, 0, '-', 10);
    expect(entries.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2]);
    const again = await store.readPending(w2, '0-0', 10);
    expect(again.map(({ deliveryCount }) => deliveryCount)).toEqual([3, 3, 3]);
    await waitFor(() => seen.some(({ args }) => args[0] === 'xreadgroup' && args.includes('w2')));
    const claims = seen.filter(({ args }) => args[0] === 'xclaim');
    expect(claims.map(({ args }) => [args[5], args.includes('JUSTID')])).toEqual(
      stored.map((id) => [id, true]),
    );
  });

  it('opening a group once more counts nothing that lies ahead', async () => {
    const store = await connect(redis.url);
    const w1 = consumerOf(newStream());
    const [first] = await append(store, w1.stream, 1, 2, 3);
    await store.openGroup(w1, { since: first! });
    expect((await store.openGroup(w1, { since: '0' })).ahead).toBe(2);
    const again = { since: '0', acknowledged: first!, newest: first! };
    const calls = await callsOf(async () => {
      expect((await store.openGroup(w1, again)).ahead).toBeNull();
    });
    // One looks whether the newest entry that is known is still there.
    expect(calls).toMatchObject({ evalsha: 1, 'xinfo|groups': 1, xrange: 1 });
  });
});

describe('a process whose sign of life was deleted behind its back', () => {
  it('is told so by its next one, and that another has its name', async () => {
    const [a, b] = [await connect(redis.url), await connect(redis.url)];
    const first = consumerOf(newStream());
    const second = heldBy(first, 'second');
    expect(await a.beat(first.holder, 60_000)).toBe(false);
    await open(a, first);
    expect(await a.beat(first.holder, 60_000)).toBe(true);
    await raw.del(processKey(first.holder.token));
    await open(b, second);
    expect(await a.beat(first.holder, 60_000).catch(() => a.beat(first.holder, 60_000))).toBe(
      false,
    );
    expect(await a.holds(first)).toBe(false);
  });
});
