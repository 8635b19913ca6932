import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { recordCommands } from '../support/monitor.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { addRaw, closeApplications, newCountedApi, recorderOf, start } from './counting.js';

const PER_EVENT = { stream_use: 'per_event' };

let redis: RedisServer;
let raw: Redis;

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  await raw.eval("for i = 1, 20000 do redis.call('SET', 'session:' .. i, '') end", 0);
});

afterEach(closeApplications);

describe('with per_event, a listener of all events of an API', () => {
  it('reads each new stream from its first entry within one look, whoever made it, without looking at all keys again', async () => {
    const counted = newCountedApi('per_event');
    const { api, Counted } = counted;
    await addRaw(raw, `${api}.old:stream`, 0);
    const commands = await recordCommands(redis.client());
    const timesOf = (name: string) =>
      commands.filter(({ args }) => args[0] === name).map(({ time }) => time);
    const Recorders = ['one', 'two', 'three'].map((listenerName) =>
      recorderOf(counted, { listenerName, since: 'now' }),
    );
    const reader = await start({
      ...{ url: redis.url, service: 'svc', providers: Recorders, redis: PER_EVENT },
    });
    const seen = () => Recorders.map((Recorder) => reader.app.get(Recorder).seen.toSorted());
    // Once for the three of them, in pages of about 500 keys.
    expect(timesOf('scan').length).toBeLessThanOrEqual(42);

    const other = await start({
      ...{ url: redis.url, service: 'other', process: 'w2', events: [Counted], redis: PER_EVENT },
    });
    for (const n of [1, 2]) await other.bus.fire(Counted, { n });
    // As Python Lightbus tells of its events.
    await raw.set(`schema:${api}`, '{"events": {"by_python": {}}, "rpcs": {}}');
    await addRaw(raw, `${api}.by_python:stream`, 3);
    const stored = Date.now();

    await waitFor(() => seen().every(({ length }) => length === 3));

    expect(seen()).toEqual([1, 2, 3].map(() => [1, 2, 3]));
    expect(timesOf('smembers').filter((time) => time > stored)).toHaveLength(1);
    // Of the two that were fired, one process told once, with the first; what the slow search finds
    // later, is told, too.
    const told = commands.filter(
      ({ args, time }) =>
        time <= stored && args[0] === 'sadd' && args.includes(`${api}.counted:stream`),
    );
    expect(told).toHaveLength(1);
    // Only the slow search for what nobody tells of goes on.
    const later = timesOf('scan').filter((time) => time > stored);
    for (const [i, time] of later.slice(1).entries()) expect(time - later[i]!).toBeGreaterThan(150);
  });
});
