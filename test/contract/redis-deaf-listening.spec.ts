import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { StreamNews } from '../../lib/store/event-store.js';
import { bellKey } from '../../lib/store/redis/keys.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { urlForTest } from '../support/acl.js';
import { recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { owned } from '../support/owned.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { append, consumerOf, newStream, redriveAll } from './contract-fixtures.js';

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  const rules = ['on', '>secret', 'allkeys', 'allchannels', '+@all', '-client'];
  await raw.acl('SETUSER', 'deaf', 'reset', ...rules);
  commands = await recordCommands(redis.client());
});

async function connect(user = ''): Promise<RedisStore> {
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const url = urlForTest(redis.url).replace('//', `//${user}`);
  const store = new RedisStore({ url, logger });
  owned().onEnd(() => store.close());
  await store.connect(5_000);
  return store;
}

function listen(store: RedisStore, stream: string) {
  const heard: (StreamNews | 'sent')[] = [];
  owned().onEnd(store.listen(stream, (news) => heard.push(news)));
  const told = (news: StreamNews) =>
    waitFor(() => heard.includes(news), { message: `'${news}' of ${stream}` });
  return { heard, told };
}

/** The looks at a stream: one round trip each. */
function looksAt(stream: string): MonitoredCommand[] {
  return commands.filter(
    ({ args, inScript }) => !inScript && args[0] === 'evalsha' && args.includes(bellKey(stream)),
  );
}

describe('a store that Redis does not tell of news', () => {
  /** w1 has two entries in hand. */
  async function start() {
    const [deaf, other] = [await connect('deaf:secret@'), await connect()];
    const w1 = consumerOf(newStream());
    const stored = await append(other, w1.stream, 1, 2);
    await other.openGroup(w1, { since: '0' });
    await other.readNew(w1, 2);
    return { deaf, other, w1, stored };
  }

  it('hears of entries that were handed back, each time, and of dead letters that are driven again', async () => {
    const { deaf, other, w1, stored } = await start();
    const { heard, told } = listen(deaf, w1.stream);
    await told('appended');
    expect(heard).toEqual(['appended']);
    for (const id of stored) {
      heard.length = 0;
      await other.handBack(w1, { staying: stored.filter((one) => one > id), keepsName: true });
      await told('handed_back');
      expect(heard).toEqual(['handed_back']);
    }
    await other.claim(w1, 0, '-', 9);
    const report = { listener: 'l', reason: 'failed', message: 'm', attempts: 1 };
    await other.deadLetter(w1, stored[0]!, report);
    heard.length = 0;
    await redriveAll(other, w1);
    await told('handed_back');
    expect(heard).toEqual(['handed_back']);
  });

  it('hears of what was handed back before it looked for the first time', async () => {
    const { deaf, other, w1 } = await start();
    await other.handBack(w1);
    await listen(deaf, w1.stream).told('handed_back');
  });

  it('finds out however late it looks: the bell counts, and does not expire', async () => {
    const { other, w1, stored } = await start();
    const counts = [];
    for (const id of stored) {
      await other.handBack(w1, { staying: stored.filter((one) => one > id), keepsName: true });
      counts.push(await raw.get(bellKey(w1.stream)));
    }
    expect(counts).toEqual(['1', '2']);
    expect(await raw.pttl(bellKey(w1.stream))).toBe(-1);
  });

  it('sends one command for each stream at each look, and two within it', async () => {
    const deaf = await connect('deaf:secret@');
    const streams = Array.from({ length: 5 }, newStream);
    for (const stream of streams) await listen(deaf, stream).told('appended');
    // Up to the end of a look: then nothing is under way.
    const lookedAt = (times: number) => () =>
      streams.every((stream) => looksAt(stream).length >= times);
    await waitFor(lookedAt(1));
    commands.length = 0;
    await waitFor(lookedAt(3));
    const keys = streams.flatMap((stream) => [stream, bellKey(stream)]);
    const sent = commands.filter(({ args }) => args.some((arg) => keys.includes(arg)));
    const count = (name: string, inScript: boolean) =>
      sent.filter((each) => each.args[0] === name && each.inScript === inScript).length;
    const looks = count('evalsha', false);
    expect(sent).toHaveLength(3 * looks);
    expect([count('xrevrange', true), count('get', true)]).toEqual([looks, looks]);
    // All at each look: none is looked at twice before the others are.
    const each = streams.map((stream) => looksAt(stream).length);
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
  });
});
