import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { TransportError } from '../../../../lib/errors.js';
import { runScript } from '../../../../lib/redis/script.js';
import type { EventKeys } from '../../../../lib/store/entities.js';
import { appendOnce } from '../../../../lib/store/redis/append-once.js';
import { readPlaces, type RunIndexScript } from '../../../../lib/store/redis/entity-index.js';
import { commandsWhile, recordCommands, type MonitoredCommand } from '../../../support/monitor.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';

const KEYS: EventKeys = new Map([['placed', 'orderId']]);
const ALL = { start: '-', end: '+', count: 100_000 };

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  commands = await recordCommands(redis.client());
});

const newStream = () => `${uniqueName('index')}.*:stream`;
const placed = (key: string | number, more: string[] = []) => [
  ...['event_name', 'placed', ':orderId', JSON.stringify(key), ':id', `"${key}"`, ...more],
];

async function add(stream: string, entries: string[][], ids?: string[]): Promise<string[]> {
  const calls = entries.map((fields, i) => ['xadd', stream, ids?.[i] ?? '*', ...fields]);
  const replies = await raw.multi(calls).exec();
  return (replies ?? []).map(([, id]) => id as string);
}

/** Runs scripts, and does something before each. */
function indexOf(stream: string, before: (call: number) => unknown = () => undefined) {
  let calls = 0;
  const run: RunIndexScript = async (script, keys, args) => {
    await before(++calls);
    return runScript(raw, script, keys, args);
  };
  const idsOf = async (key: string, keys = KEYS, signal?: AbortSignal, parameter = 'orderId') => {
    const places = await readPlaces(stream, keys, { parameter, key }, ALL, run, signal);
    return places.map(({ nativeId }) => nativeId);
  };
  return { idsOf, calls: () => calls };
}

async function namesWhile(what: () => Promise<unknown>): Promise<(string | undefined)[]> {
  return (await commandsWhile(commands, raw, what)).map(({ args: [name] }) => name);
}

describe('the index of a stream', () => {
  it('goes on where an aborted call has stopped, and is asked once when it is up to date', async () => {
    const stream = newStream();
    const stored = await add(
      stream,
      Array.from({ length: 3_000 }, (_, i) => placed(i % 10)),
    );
    const [whole, abort] = [newStream(), new AbortController()];
    await raw.copy(stream, whole);
    const unbroken = indexOf(whole);
    await unbroken.idsOf('1');

    const first = indexOf(stream, (call) => call === 4 && abort.abort('enough'));
    await expect(first.idsOf('1', KEYS, abort.signal)).rejects.toBe('enough');
    const second = indexOf(stream);
    expect(await second.idsOf('1')).toEqual(stored.filter((_, i) => i % 10 === 1));
    expect(first.calls() + second.calls()).toBeLessThanOrEqual(unbroken.calls() + 1);
    const third = indexOf(stream);
    await add(stream, [placed(2)]);
    expect(await third.idsOf('2')).toHaveLength(301);
    expect(third.calls()).toBe(1);
  });

  it('takes few commands for many entries, and reads few of those that are large', async () => {
    const [many, large] = [newStream(), newStream()];
    await add(
      many,
      Array.from({ length: 2_000 }, (_, i) => placed(i % 100)),
    );
    await add(
      large,
      Array.from({ length: 20 }, () => placed(1, [':text', 'x'.repeat(500_000)])),
    );
    const sent = await commandsWhile(commands, raw, async () => {
      await indexOf(many).idsOf('1');
      expect(await indexOf(large).idsOf('1')).toHaveLength(20);
    });
    const of = (stream: string) => sent.filter(({ args }) => args[1]?.includes(stream));
    expect(of(many).filter(({ inScript }) => inScript).length).toBeLessThan(80);
    const counts = of(large).filter(({ args }) => args[0] === 'xrange');
    expect(Math.max(...counts.map(({ args }) => Number(args.at(-1))))).toBeLessThan(8);
  });

  it('does not believe in another stream of as many entries', async () => {
    const stream = newStream();
    await add(stream, [placed('a'), placed('a')], ['5-1', '5-2']);
    expect(await indexOf(stream).idsOf('a')).toEqual(['5-1', '5-2']);
    for (const ids of [
      ['1-1', '1-2'],
      ['7-1', '7-2'],
      ['5-2', '5-3'],
    ]) {
      await raw.del(stream);
      await add(stream, [placed('b'), placed('a')], ids);
      expect(await indexOf(stream).idsOf('a')).toEqual(ids.slice(1));
    }
    await raw.flushdb();
    expect(await indexOf(stream).idsOf('a')).toEqual([]);
    expect(await raw.exists(`lightbus:index:{${stream}}`)).toBe(0);
  });

  it('believes only as much as it knows how it was built', async () => {
    const stream = newStream();
    const [paid] = await add(stream, [['event_name', 'paid', ':orderId', '"a"']]);
    const both = new Map([...KEYS, ['paid', 'orderId']]);
    expect(await indexOf(stream).idsOf('a', both)).toEqual([paid]);
    await raw.del(`lightbus:keys:{${stream}}`);
    expect(await indexOf(stream).idsOf('a')).toEqual([]);
    expect(await indexOf(stream).idsOf('a', both)).toEqual([paid]);
  });

  it('takes in the highest id there is', async () => {
    const stream = newStream();
    const highest = `${2n ** 64n - 1n}-${2n ** 64n - 1n}`;
    await add(stream, [placed('a'), placed('a')], ['1-1', highest]);
    expect(await indexOf(stream).idsOf('a')).toEqual(['1-1', highest]);
    expect(await indexOf(stream).idsOf('a')).toEqual(['1-1', highest]);
  });

  it('is not built again and again for services that disagree', async () => {
    const stream = newStream();
    await add(
      stream,
      Array.from({ length: 100 }, () => placed('a')),
    );
    const theirs = new Map([['placed', 'id']]);
    const index = indexOf(stream);
    const both = async () => {
      expect(await index.idsOf('a')).toHaveLength(100);
      expect(await index.idsOf('a', theirs, undefined, 'id')).toHaveLength(100);
    };
    await both();
    const again = async () => {
      for (let i = 0; i < 5; i++) await both();
    };
    expect(await namesWhile(again)).not.toContain('unlink');
  });

  it('is not built again for an event that nobody has stored yet', async () => {
    const stream = newStream();
    await add(stream, [placed('a')]);
    await indexOf(stream).idsOf('a');
    const tell = () => indexOf(stream).idsOf('a', new Map([...KEYS, ['paid', 'orderId']]));
    expect(await namesWhile(tell)).not.toContain('unlink');
  });

  it('is given up where entries are deleted again and again while it is built', async () => {
    const stream = newStream();
    const stored = await add(
      stream,
      Array.from({ length: 1_500 }, () => placed('a')),
    );
    const trimmed = indexOf(stream, () => raw.xdel(stream, stored.shift() ?? ''));
    await expect(trimmed.idsOf('a')).rejects.toBeInstanceOf(TransportError);
    await expect(trimmed.idsOf('a')).rejects.toThrow(/deleted or trimmed again and again/);
    expect(await indexOf(stream).idsOf('a')).toEqual(stored);
  });

  it('lets reading and appending through, however fast others are', async () => {
    const stream = newStream();
    const strangers = Array.from({ length: 400 }, () => placed('b'));
    const ids = await add(stream, [placed('c')]);
    const reading = indexOf(stream, (call) => call < 100 && add(stream, strangers));
    expect(await reading.idsOf('c')).toEqual(ids);
    expect(reading.calls()).toBeLessThan(10);
    let sent = 0;
    const [place] = await appendOnce(
      {
        read: async (command) => {
          if (sent < 100) await add(stream, strangers);
          return command(raw);
        },
        // As many as that, each time before it is sent.
        store: async (command) => {
          if (sent++ < 100) await add(stream, strangers);
          return command(raw, () => undefined);
        },
      },
      stream,
      [['id', 'x', ...placed('a')]],
      {
        ...{ onceWithinMs: 60_000, maxLength: null, areNew: true },
        expected: { keys: KEYS, entity: { parameter: 'orderId', key: 'a' }, version: 0 },
      },
      new Map(),
    );
    expect(place?.sequence).toBe(1);
    expect(sent).toBeLessThan(5);
  });

  it('is whole or refused where memory is short', async () => {
    const stream = newStream();
    const key = `lightbus:index:{${stream}}`;
    await add(stream, [placed('a')]);
    await indexOf(stream).idsOf('a');
    await add(stream, [placed('a'), placed('b')]);
    const before = await raw.hgetall(key);
    await raw.config('SET', 'maxmemory', 1);
    try {
      await expect(indexOf(stream).idsOf('a')).rejects.toThrow(/OOM/);
      expect(await raw.hgetall(key)).toEqual(before);
      // What has to be begun anew, which needs none, is.
      await raw.xtrim(stream, 'MAXLEN', '=', 2);
      await expect(indexOf(stream).idsOf('a')).rejects.toThrow(/OOM/);
    } finally {
      await raw.config('SET', 'maxmemory', 0);
    }
    expect(await indexOf(stream).idsOf('a')).toHaveLength(1);
  });
});
