import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ConnectionLog } from '../../../../lib/redis/connection-log.js';
import { Doorbell } from '../../../../lib/store/redis/doorbell.js';
import { urlForTest } from '../../../support/acl.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';
import { waitFor } from '../../../support/wait-for.js';

/** Long before the doorbell would look anyway, after 5 s. */
const SOON_MS = 2_000;

describe('Doorbell', () => {
  let redis: RedisServer;
  let raw: Redis;
  let doorbell: Doorbell;
  let commands: string[][];
  let unblocked: boolean[];
  let lines: string[];
  let stop: AbortController;

  beforeAll(async () => {
    redis = await startRedis();
    raw = redis.client();
    const monitor = await redis.client().monitor();
    monitor.on('monitor', (_: string, args: string[]) => commands.push(args));
    [commands, lines] = [[], []];
  });
  beforeEach(() => {
    [commands, unblocked, lines] = [[], [], []];
    stop = new AbortController();
    const record = (message: unknown) => void lines.push(String(message));
    doorbell = new Doorbell(
      { url: redis.url, maxReconnectDelayMs: 50 },
      new ConnectionLog(redis.url, { log: record, error: record }),
      { error: record },
      async (id) => {
        const hit = (await raw.client('UNBLOCK', id)) === 1;
        unblocked.push(hit);
        return hit;
      },
    );
  });
  afterEach(async () => {
    stop.abort();
    await doorbell.close();
  });

  function newStream(): string {
    return `${uniqueName('doorbell')}.*:stream`;
  }

  const append = async (stream: string) => (await raw.xadd(stream, '*', 'a', 'b'))!;
  const wait = (stream: string, after = '0-0') =>
    doorbell.wait(stream, after, AbortSignal.any([stop.signal]));

  function reads(): string[][] {
    return commands.filter(([name]) => name === 'xread');
  }

  /** Resolves once a read that waits for these streams is blocked on the server. */
  async function armed(...streams: string[]): Promise<void> {
    await waitFor(() => {
      const names = reads().at(-1)?.slice(6) ?? [];
      return streams.every((stream) => names.includes(stream));
    });
    await waitFor(async () => /name=nestjs-lightbus-doorbell .*flags=b/.test(await clientList()));
  }

  async function clientList(): Promise<string> {
    return (await raw.client('LIST')) as string;
  }

  async function soon<T>(promise: Promise<T>): Promise<T> {
    const started = Date.now();
    const result = await promise;
    expect(Date.now() - started).toBeLessThan(SOON_MS);
    return result;
  }

  it('waits for all streams with one blocking read on one connection', async () => {
    const streams = [newStream(), newStream(), newStream()];
    const waiting = streams.map((stream) => wait(stream));
    await armed(...streams);

    expect(reads()).toEqual([
      ['xread', 'COUNT', '1', 'BLOCK', '5000', 'STREAMS', ...streams, '0-0', '0-0', '0-0'],
    ]);
    expect((await clientList()).match(/name=nestjs-lightbus-doorbell/g)).toHaveLength(1);

    const ids = new Map<string, string>();
    for (const stream of streams.toReversed()) ids.set(stream, await append(stream));
    expect(await soon(Promise.all(waiting))).toEqual(streams.map((stream) => ids.get(stream)));
    expect(unblocked).toEqual([]);
  });

  it('ends the read in flight for a stream that it does not wait for, with CLIENT UNBLOCK', async () => {
    const [quiet, late] = [newStream(), newStream()];
    void wait(quiet);
    await armed(quiet);

    const waiting = wait(late);
    await armed(quiet, late);
    expect(unblocked.filter((hit) => hit)).toHaveLength(1);

    const id = await append(late);
    expect(await soon(waiting)).toBe(id);
  });

  it('takes in any number of late streams', async () => {
    void wait(newStream());
    const streams = Array.from({ length: 20 }, newStream);
    const rung: Promise<string>[] = [];
    for (const stream of streams) {
      rung.push(wait(stream));
      // Each at another moment of what the doorbell does.
      await raw.ping();
    }
    const ids = await Promise.all(streams.map(append));
    expect(await soon(Promise.all(rung))).toEqual(ids);
  });

  it('does not end a read that covers the wait already', async () => {
    const stream = newStream();
    const first = await append(stream);
    const early = wait(stream, first);
    await armed(stream);
    const later = wait(stream, first);
    const latest = wait(stream, '99999999999999-0');
    const id = await append(stream);
    expect(await soon(Promise.all([early, later]))).toEqual([id, id]);
    expect(unblocked).toEqual([]);
    stop.abort();
    expect(await latest).toBe('99999999999999-0');
  });

  it('rings for an entry that is there already', async () => {
    const stream = newStream();
    await append(stream);
    const newest = await append(stream);
    expect(await soon(wait(stream))).toBe(newest);
  });

  it('goes on when its connection is killed: who waits looks for himself once', async () => {
    const stream = newStream();
    const first = await append(stream);
    const woken = wait(stream, first);
    await armed(stream);
    commands.length = 0;
    const id = /id=(\d+) .*name=nestjs-lightbus-doorbell/.exec(await clientList())?.[1];
    await raw.client('KILL', 'ID', Number(id));

    expect(await soon(woken)).toBe(first);
    const again = wait(stream, first);
    await armed(stream);
    const second = await append(stream);
    expect(await soon(again)).toBe(second);
    expect(lines).toEqual([
      expect.stringMatching(/^No connection to Redis at .* Reconnecting\.$/),
      expect.stringMatching(/^Connected to Redis at .* again\.$/),
    ]);
  });

  it('can end reads again after a reconnect, by its new client id', async () => {
    const [quiet, late] = [newStream(), newStream()];
    void wait(quiet).then(() => wait(quiet));
    await armed(quiet);
    commands.length = 0;
    const id = /id=(\d+) .*name=nestjs-lightbus-doorbell/.exec(await clientList())?.[1];
    await raw.client('KILL', 'ID', Number(id));
    await armed(quiet);
    const waiting = wait(late);
    await armed(quiet, late);
    expect(await soon(Promise.all([append(late), waiting]))).toEqual([
      expect.any(String),
      expect.any(String),
    ]);
    expect(unblocked.at(-1)).toBe(true);
  });

  it('does nothing while nobody waits', async () => {
    const stream = newStream();
    const id = await append(stream);
    await wait(stream);
    commands.length = 0;
    await append(stream);
    await append(stream);
    expect(reads()).toEqual([]);
    expect(await soon(wait(stream, id))).not.toBe(id);
  });

  it('wakes everybody when it is closed, and lets nobody wait any more', async () => {
    const stream = newStream();
    const waiting = [wait(stream, '1-1'), wait(newStream(), '2-2')];
    await armed(stream);
    await doorbell.close();
    expect(await soon(Promise.all(waiting))).toEqual(['1-1', '2-2']);
    expect(await soon(wait(stream, '3-3'))).toBe('3-3');
    expect(lines).toEqual([]);
  });

  it('that Redis refuses is told once, and is tried less and less often', async () => {
    await raw.acl('SETUSER', 'deaf', 'on', '>secret', 'allkeys', 'allcommands', '-xread');
    const log = (message: unknown) => void lines.push(String(message));
    const deaf = new Doorbell(
      { url: urlForTest(redis.url).replace('//', '//deaf:secret@') },
      new ConnectionLog(redis.url, { log, error: log }),
      { error: log },
      () => Promise.resolve(true),
    );
    const began = performance.now();
    for (const n of [1, 2, 3, 4, 5]) {
      // Each time somebody asks anew, as listeners do.
      await deaf.wait(newStream(), `${n}-0`, stop.signal);
    }
    // At least half of 100 + 200 + 400 + 800 + 1600 ms.
    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(lines).toEqual([
      expect.stringMatching(/^Redis refuses to tell of new events: NOPERM.*xread/),
    ]);
    await deaf.close();
  });
});
