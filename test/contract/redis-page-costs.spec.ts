import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { searchEntity } from '../../lib/operations/entity-search.js';
import { readHistoryPage } from '../../lib/operations/history-page.js';
import { readActivity } from '../../lib/operations/stream-activity.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { commandsWhile, recordCommands } from '../support/monitor.js';
import { owned } from '../support/owned.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';

const log = () => undefined;

let redis: RedisServer;
let raw: Redis;
let store: RedisStore;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  store = new RedisStore({ url: redis.url, logger: { log, warn: log, error: log } });
  owned().onEnd(() => store.close());
  await store.connect(5_000);
});

/** Fills a stream evenly: the last hour, so that the activity of it is looked at by points. */
const FILL = `
  local now = redis.call('TIME')[1] * 1000
  for i = 1, ARGV[1] do
    redis.call('XADD', KEYS[1], string.format('%.0f-%d', now - 3600000 + i * 3600000 / ARGV[1], i),
      'event_name', 'e' .. i % 3, ':orderId', '"' .. i % 10 .. '"', ':text', ARGV[2])
  end`;

const fill = (stream: string, length: number, text = 'x'.repeat(100)) =>
  raw.eval(FILL, 1, stream, length, text);

/** How many bytes Redis sends for something. */
async function bytesOf(what: () => Promise<unknown>): Promise<number> {
  const sent = async () => {
    const info = await raw.info('stats');
    return Number(/total_net_output_bytes:(\d+)/.exec(info)?.[1]);
  };
  // Some servers count a while later what they have sent.
  let before = await sent();
  for (let last = 0; before - last > 10_000;) [last, before] = [before, await sent()];
  await what();
  return (await sent()) - before;
}

describe('what pages cost on Redis', () => {
  /** What a page of one stream, and its activity, read. */
  const looksAt = (stream: string) => {
    const looking = {
      ...{ sources: [{ store, stream }], start: '-', end: '+', reverse: true, limit: 50 },
      bounds: { entries: 1_000, length: 1_000_000, ms: 60_000 },
    };
    return {
      activity: () => readActivity(store, stream),
      page: () => readHistoryPage({ ...looking, take: ({ nativeId }) => nativeId }),
      rare: () => readHistoryPage({ ...looking, take: () => undefined }),
    };
  };

  it('does not grow with payloads where none is shown', async () => {
    const stream = 'large.*:stream';
    await fill(stream, 400, 'x'.repeat(20_000));
    // Their payloads have 8 MB.
    expect(await bytesOf(looksAt(stream).activity)).toBeLessThan(400_000);
  });

  it('writes nothing, and builds no index, to find the events of an entity', async () => {
    const stream = 'unindexed.*:stream';
    await fill(stream, 20);
    await raw.hset(`lightbus:keys:{${stream}}`, 'keys', '{"e0":["orderId"]}', 'told', 'x');
    const before = await raw.keys('*');
    const { isIndexed } = await searchEntity([{ store, stream }], '1');
    expect(isIndexed).toBe(true);
    await fill('many.*:stream', 11_000);
    await raw.hset('lightbus:keys:{many.*:stream}', 'keys', '{"e0":["orderId"]}', 'told', 'x');
    expect(await searchEntity([{ store, stream: 'many.*:stream' }], '1')).toMatchObject({
      isIndexed: false,
    });
    const added = (await raw.keys('*')).filter((key) => !before.includes(key));
    expect(added.filter((key) => key.includes('index'))).toEqual([]);
  });

  // From an id that no entry is at or before, XREVRANGE goes through the whole stream, from its end.
  it.each(['5-0', '(10-0', '(0-1', '0'])(
    'goes through nothing to find nothing up to %s',
    async (end) => {
      const stream = 'before.*:stream';
      await raw.del(stream);
      for (const id of ['10-0', '11-0', '12-0']) await raw.xadd(stream, id, 'event_name', 'e');
      const calls = async () => {
        const info = await raw.info('commandstats');
        return Number(/cmdstat_xrevrange:calls=(\d+)/.exec(info)?.[1] ?? 0);
      };
      const before = await calls();
      const range = { start: '-', end, count: 10, reverse: true };
      expect(await store.range(stream, range)).toEqual([]);
      expect(await calls()).toBe(before);
    },
  );

  // The last one: what MONITOR tells is sent, too.
  it('is the same for 3,000 entries and for 60,000', async () => {
    const streams = [3_000, 60_000].map((length) => ({ length, stream: `s${length}.*:stream` }));
    for (const { stream, length } of streams) await fill(stream, length);
    const [few, many] = [
      await bytesOf(looksAt(streams[0]!.stream).page),
      await bytesOf(looksAt(streams[1]!.stream).page),
    ];
    expect(many).toBeLessThan(few * 1.2);
    expect(await bytesOf(looksAt(streams[1]!.stream).activity)).toBeLessThan(1_000_000);
    const commands = await recordCommands(redis.client());
    const counts = [];
    for (const { stream } of streams) {
      const { activity, page, rare } = looksAt(stream);
      for (const what of [page, rare, activity]) {
        const run = await commandsWhile(commands, raw, what);
        counts.push(run.filter(({ args }) => args.some((arg) => arg === stream)).length);
      }
    }
    const [page, rare, , pageOfMany, rareOfMany, activityOfMany] = counts;
    expect([pageOfMany, rareOfMany]).toEqual([page, rare]);
    // Of 240 points, in 8 scripts, and the newest.
    expect(activityOfMany).toBeLessThan(300);
  });
});
