import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { AppendCommands } from '../../../../lib/store/redis/append-commands.js';
import { appendOnce as appendOnceIn } from '../../../../lib/store/redis/append-once.js';
import { newEventId } from '../../../../lib/wire/event-id.js';
import { recordCommands } from '../../../support/monitor.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';
import { connectTo } from '../../../support/redis-clients.js';

const OPTIONS = { onceWithinMs: 600_000, maxLength: null };

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

const newStream = () => `${uniqueName('once')}.*:stream`;
const eventOf = (id: string, text = '') => ['id', id, 'event_name', 'sold', ':text', text];

async function add(stream: string, ...entries: string[][]): Promise<string[]> {
  const replies = await raw.multi(entries.map((fields) => ['xadd', stream, '*', ...fields])).exec();
  return (replies ?? []).map(([, id]) => id as string);
}

const others = (count: number, text = '') =>
  Array.from({ length: count }, () => eventOf(newEventId(Date.now()), text));

/** Entry ids alone. */
async function appendOnce(...args: Parameters<typeof appendOnceIn>): Promise<string[]> {
  return (await appendOnceIn(...args)).map(({ nativeId }) => nativeId);
}

/** Sends what it is given; counts what stores, and can do something before it. */
function commandsOf(client: Redis, before: (attempt: number) => Promise<unknown> = async () => 0) {
  let attempts = 0;
  const commands: AppendCommands = {
    read: (command) => command(client),
    store: async (command) => {
      await before(++attempts);
      return command(client, () => undefined);
    },
  };
  return { commands, attempts: () => attempts };
}

describe('appendOnce', () => {
  it('goes on where it had to stop, when it is tried again', async () => {
    const stream = newStream();
    const id = newEventId(Date.now());
    await add(stream, ...others(3_000));
    const progress = new Map<string, string>();
    let reads = 0;
    const { commands } = commandsOf(raw);
    const impatient: AppendCommands = {
      ...commands,
      read: (command, purpose) => {
        if (++reads % 5 === 0) throw new Error('time is up');
        return commands.read(command, purpose);
      },
    };
    const once = (fields: string[]) => appendOnce(impatient, stream, [fields], OPTIONS, progress);
    let failures = 0;
    for (;;) {
      const stored = await once(eventOf(id)).catch(() => undefined);
      if (stored) break;
      expect(++failures).toBeLessThan(10);
    }
    expect(failures).toBeGreaterThan(1);
    expect(progress.size).toBe(0);
    expect(await raw.xlen(stream)).toBe(3_001);
  });

  it('asks once where little was stored since the event was fired', async () => {
    const stream = newStream();
    const id = newEventId(Date.now());
    const [first] = await add(stream, eventOf(id), ...others(5));
    const { commands, attempts } = commandsOf(raw);
    expect(await appendOnce(commands, stream, [eventOf(id)], OPTIONS, new Map())).toEqual([first]);
    expect(attempts()).toBe(1);
  });

  it('goes on where more came in while it looked, until it has seen all', async () => {
    const stream = newStream();
    const id = newEventId(Date.now());
    await add(stream, ...others(1_000));
    const { commands, attempts } = commandsOf(raw, async (attempt) => {
      if (attempt < 4) await add(stream, ...others(400));
    });
    const [stored] = await appendOnce(commands, stream, [eventOf(id)], OPTIONS, new Map());
    expect(attempts()).toBe(4);
    expect(await raw.xlen(stream)).toBe(2_201);
    expect((await raw.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0]).toBe(stored);
  });

  it('finds what came in just before it would have stored it', async () => {
    const stream = newStream();
    const id = newEventId(Date.now());
    await add(stream, ...others(1_000));
    let late: string[] = [];
    const { commands } = commandsOf(raw, async (attempt) => {
      if (attempt === 2) late = await add(stream, ...others(3), eventOf(id), ...others(3));
    });
    expect(await appendOnce(commands, stream, [eventOf(id)], OPTIONS, new Map())).toEqual([
      late[3],
    ]);
    expect(await raw.xlen(stream)).toBe(1_007);
  });

  it('looks no further once it has found all, and stores what is left of several in order', async () => {
    const stream = newStream();
    const [a, b, c] = [0, 1, 2].map(() => newEventId(Date.now())) as [string, string, string];
    await add(stream, ...others(500));
    const [first, second] = await add(stream, eventOf(c), eventOf(a));
    await add(stream, ...others(500));
    const { commands } = commandsOf(raw);
    const events = [eventOf(a), eventOf(b), eventOf('order-1'), eventOf(c)];
    const stored = await appendOnce(commands, stream, events, OPTIONS, new Map());
    const last = (await raw.xrevrange(stream, '+', '-', 'COUNT', 2)).reverse();
    expect(last.map(([, fields]) => fields[1])).toEqual([b, 'order-1']);
    expect(stored).toEqual([second, last[0]?.[0], last[1]?.[0], first]);
    expect(await appendOnce(commands, stream, events, OPTIONS, new Map())).toEqual(stored);
  });

  it('takes small pages of large entries', async () => {
    const stream = newStream();
    const id = newEventId(Date.now());
    await add(stream, ...others(200, 'x'.repeat(50_000)));
    const client = connectTo(redis.url);
    const commands = await recordCommands(redis.client());
    await appendOnce(commandsOf(client).commands, stream, [eventOf(id)], OPTIONS, new Map());
    const counts = commands
      .filter(({ args }) => args[0] === 'xrange' && args[1] === stream)
      .map(({ args }) => Number(args.at(-1)));
    expect(counts.length).toBeGreaterThan(9);
    expect(Math.max(...counts)).toBeLessThan(30);
  });

  it('stores 9,000 events under ids in one step', async () => {
    const stream = newStream();
    const events = Array.from({ length: 9_000 }, (_, i) => eventOf(`order-${i}`));
    const { commands } = commandsOf(raw);
    const stored = await appendOnce(commands, stream, events, OPTIONS, new Map());
    expect(await raw.xlen(stream)).toBe(9_000);
    expect(await appendOnce(commands, stream, events, OPTIONS, new Map())).toEqual(stored);
  });
});
