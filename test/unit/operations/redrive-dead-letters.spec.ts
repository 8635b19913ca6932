import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { InvalidOptionsError, TransportError } from '../../../lib/errors.js';
import {
  readDeadLetters,
  type DeadLetterSource,
} from '../../../lib/operations/read-dead-letters.js';
import {
  discardDeadLetters,
  redriveDeadLetters,
  type LetterSelection,
} from '../../../lib/operations/redrive-dead-letters.js';
import type { DeadLetter } from '../../../lib/operations/dead-letter.js';
import { letterTest } from '../../../lib/operations/dead-letter-filter.js';
import { readHistory } from '../store/entries-of.js';
import { RedisStore } from '../../../lib/store/redis/redis.store.js';
import { recordCommands } from '../../support/monitor.js';
import { owned } from '../../support/owned.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { FOREIGN, letterFields, letterKey, put } from './letters.js';

/** How many characters the payload of a large letter has. */
const LARGE = 10_000;

describe('dead letters on Redis', () => {
  let raw: Redis;
  let store: RedisStore;
  let streams = 0;

  beforeAll(async () => {
    ({ redis: store, client: raw } = await startOwn());
  });

  /** A Redis that nothing else looks at. */
  async function startOwn() {
    const server = await startRedis();
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const redis = new RedisStore({ url: server.url, logger });
    owned().onEnd(() => redis.close());
    await redis.connect(5_000);
    return { redis, client: server.client() };
  }

  /** A group that has given up `count` events; letters lie in the reverse order of their originals. */
  async function giveUp(count: number, size = 10, on = store, client = raw) {
    const stream = `letters${++streams}.*:stream`;
    const source: DeadLetterSource = { store: on, ref: { stream, group: 'shop-stock' } };
    const fields = ['text', 'x'.repeat(size)];
    const holder = { token: 'w1', host: 'here', pid: 1, since: 'now' };
    await on.openGroup({ ...source.ref, consumer: 'w1', holder }, { since: '$' });
    for (let from = 1; from <= count; from += 1_000) {
      const pipeline = client.pipeline();
      for (let n = from; n < from + 1_000 && n <= count; n++) {
        pipeline.xadd(stream, `1-${n}`, 'text', 'original');
        const letter = letterFields(source, `1-${count + 1 - n}`, fields);
        pipeline.xadd(letterKey(source), `2-${n}`, ...letter);
      }
      await pipeline.exec();
    }
    return source;
  }

  /** How many bytes Redis answers with. */
  async function bytesOf(client: Redis, action: () => Promise<unknown>): Promise<number> {
    const output = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
    const before = await output();
    await action();
    return (await output()) - before;
  }

  async function takeOne(source: DeadLetterSource): Promise<void> {
    for await (const letter of readDeadLetters(
      async () => [source],
      {},
      () => undefined,
    )) {
      expect(letter.fields).toHaveLength(2);
      break;
    }
  }

  async function commandsOf(action: () => Promise<unknown>): Promise<string[]> {
    return (await recordingOf(action)).map(([name = '']) => name);
  }

  async function recordingOf(action: () => Promise<unknown>): Promise<(readonly string[])[]> {
    const monitor = raw.duplicate();
    const commands = await recordCommands(monitor);
    await action();
    const end = `end-${Math.random()}`;
    await raw.echo(end);
    await waitFor(() => commands.some(({ args }) => args[1] === end));
    return commands.map(({ args }) => args).filter(([name]) => name !== 'echo');
  }

  function redrive(source: DeadLetterSource, ids?: LetterSelection, warnings: string[] = []) {
    return redriveDeadLetters([source], ids, (text) => void warnings.push(text));
  }

  async function pending({ ref }: DeadLetterSource): Promise<string[]> {
    const rows = (await raw.xpending(ref.stream, ref.group, '-', '+', 100_000)) as [string][];
    return rows.map(([id]) => id);
  }

  it.each([10, 2_000])('cost for one what one letter costs, of %i', async (count) => {
    const source = await giveUp(count, LARGE);
    const one = async (id: string) => expect(await redrive(source, [id])).toBe(1);
    // Redis knows the script from here on.
    await one('2-1');

    const commands = await commandsOf(() => one('2-2'));
    expect(commands.filter((name) => name === 'xrange')).toHaveLength(1);
    expect(commands.length).toBeLessThan(12);
    expect(await commandsOf(() => takeOne(source))).toEqual(['xrange']);
    expect(await commandsOf(() => discardDeadLetters([source], ['2-4']))).toEqual(['xdel']);
  });

  it.each([10, 2_000])('cost for one the bytes of one letter, of %i', async (count) => {
    const { redis, client } = await startOwn();
    const source = await giveUp(count, LARGE, redis, client);
    // Redis knows the script from here on.
    await redrive(source, ['2-1']);
    // What Redis tells of itself is in it, too.
    const redriven = await bytesOf(client, () => redrive(source, ['2-5']));
    const taken = await bytesOf(client, () => takeOne(source));
    for (const bytes of [redriven, taken]) {
      expect(bytes).toBeGreaterThan(LARGE);
      expect(bytes).toBeLessThan(2 * LARGE);
    }
  });

  it('are driven again oldest first, many in one round trip', async () => {
    const source = await giveUp(1_000);
    const commands = await commandsOf(async () => expect(await redrive(source)).toBe(1_000));
    // Pages of 1, 10 and 100 to find them, five steps to drive them again.
    const sent = commands.filter((name) => name === 'evalsha' || name === 'eval');
    expect(sent).toHaveLength(5);
    expect(commands.indexOf('xclaim')).toBeGreaterThan(commands.lastIndexOf('xrange'));
    expect(await pending(source)).toEqual(Array.from({ length: 1_000 }, (_, i) => `1-${i + 1}`));
    expect(await raw.xlen(letterKey(source))).toBe(0);
    expect(await redrive(source)).toBe(0);
  });

  it('are driven again or discarded by what they are, and foreign ones only discarded', async () => {
    const source = await giveUp(4);
    await put(store, source, ...FOREIGN);
    const early = letterTest({ upTo: '2-2' });
    const warnings: string[] = [];
    expect(await redriveDeadLetters([source], early, (text) => void warnings.push(text))).toBe(2);
    expect(await pending(source)).toEqual(['1-3', '1-4']);
    const foreign = ({ reason }: DeadLetter) => reason === 'foreign';
    expect(await redrive(source, foreign)).toBe(0);
    expect(await discardDeadLetters([source], foreign)).toBe(FOREIGN.length);
    expect(await discardDeadLetters([source], letterTest({ event: 'charged' }))).toBe(0);
    expect(await discardDeadLetters([source], letterTest({ upTo: '2-3' }))).toBe(1);
    expect((await raw.xrange(letterKey(source), '-', '+')).map(([id]) => id)).toEqual(['2-4']);
  });

  it('are fetched in pages of bounded size, however many are listed or driven again', async () => {
    const source = await giveUp(1_000, LARGE);
    const all = async () => {
      let count = 0;
      const letters = readDeadLetters(
        async () => [source],
        {},
        () => undefined,
      );
      for await (const { fields } of letters) count += fields ? 1 : 0;
      return count;
    };
    for (const read of [all, () => redrive(source)]) {
      const commands = await recordingOf(async () => expect(await read()).toBe(1_000));
      const pages = commands
        .filter(([name]) => name === 'xrange')
        .map((args) => Number(args.at(-1)));
      expect(pages.length).toBeGreaterThan(10);
      expect(Math.max(...pages) * LARGE).toBeLessThan(1_000_000);
    }
  });

  it('are neither lost nor doubled where Redis refuses half-way, which is said with how far it came', async () => {
    const source = await giveUp(500);
    const failing = new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const reply: unknown = await Reflect.apply(member, target, args);
          if (name === 'redrive') await raw.config('SET', 'min-replicas-to-write', '1');
          return reply;
        };
      },
    });
    const broken = { ...source, store: failing };
    const error: unknown = await redrive(broken).catch((thrown: unknown) => thrown);
    await raw.config('SET', 'min-replicas-to-write', '0');
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toMatch(
      /^200 dead letters were driven again, then it failed for group 'shop-stock' on 'letters.*NOREPLICAS.*still there: do it again\.$/,
    );
    expect(await raw.xlen(letterKey(source))).toBe(300);
    expect(await pending(source)).toHaveLength(200);
    expect(await redrive(source)).toBe(300);
    expect(await pending(source)).toHaveLength(500);
  });

  it('that can not be read are told with where they are', async () => {
    const source = await giveUp(0);
    await raw.set(letterKey(source), 'no stream');
    const message = expect.stringMatching(
      /^Reading the dead letters of group 'shop-stock' on 'letters\S+' on redis:\S+ failed: WRONGTYPE/,
    );
    await expect(takeOne(source)).rejects.toMatchObject({ name: 'TransportError', message });
    await expect(redrive(source, ['1-1'])).rejects.toMatchObject({ message });
    await raw.set(`${source.ref.stream}x`, 'no stream');
    const reading = readHistory(store, [`${source.ref.stream}x`], {
      ...{ start: '-', end: '+', reverse: false },
    });
    await expect(reading.next()).rejects.toMatchObject({
      message: expect.stringMatching(/^Reading 'letters\S+' on redis:\S+ failed: WRONGTYPE/),
    });
  });

  it('read no payload in the script that drives them again', async () => {
    const source = await giveUp(300, LARGE);
    const commands = await commandsOf(() => redrive(source));
    const first = commands.findIndex((name) => name.startsWith('eval'));
    expect(commands.slice(first)).not.toContain('xrange');
  });

  it('stay where their originals have been deleted, and that is said', async () => {
    const source = await giveUp(3);
    await raw.xdel(source.ref.stream, '1-2');
    const warnings: string[] = [];
    expect(await redrive(source, undefined, warnings)).toBe(2);
    expect(await pending(source)).toEqual(['1-1', '1-3']);
    expect(await raw.xlen(letterKey(source))).toBe(1);
    expect(warnings.join()).toMatch(/^1 of 3 dead letters were not driven again/);
    expect(await redrive(source, ['2-2'])).toBe(0);
  });

  it('are driven again whatever else is on their stream', async () => {
    const source = await giveUp(2);
    const foreign = await put(store, source, ...FOREIGN);
    const warnings: string[] = [];
    expect(await redrive(source, undefined, warnings)).toBe(2);
    expect(warnings.join()).toContain(`has ${FOREIGN.length} entries`);
    expect(await redrive(source, foreign, warnings)).toBe(0);
    expect(warnings.at(-1)).toContain('never driven again');
    expect(await raw.xlen(letterKey(source))).toBe(FOREIGN.length);
    expect(await discardDeadLetters([source], foreign)).toBe(FOREIGN.length);
  });

  it('are never taken for those of another stream', async () => {
    const [source, other] = [await giveUp(1), await giveUp(1)];
    const [id] = await put(store, source, letterFields(other, '1-1'));
    expect(await redrive(source, [id!])).toBe(0);
    expect(await pending(source)).toEqual([]);
  });

  it('are told by their ids, each once, in any way to write them', async () => {
    const source = await giveUp(3);
    expect(await redrive(source, ['2-1', '02-01', '2-1', '2', '7-7'])).toBe(1);
    expect(await pending(source)).toEqual(['1-3']);
    expect(await discardDeadLetters([source], ['2-2', '2-2', '7-7'])).toBe(1);
    expect(await raw.xlen(letterKey(source))).toBe(1);
    expect(await redrive(source, [])).toBe(0);
  });

  it.each(['all', '', '-', '(2-1', '2-x', '99999999999999999999'])(
    'are not touched where %p is among the ids',
    async (id) => {
      const source = await giveUp(2);
      await expect(redrive(source, ['2-1', id])).rejects.toThrow(InvalidOptionsError);
      await expect(discardDeadLetters([source], ['2-1', id])).rejects.toThrow(InvalidOptionsError);
      expect(await raw.xlen(letterKey(source))).toBe(2);
      expect(await pending(source)).toEqual([]);
    },
  );
});
