import { Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import {
  FireError,
  PublishError,
  PublishOutcomeUnknownError,
} from '../../../../lib/fire-errors.js';
import { RedisStore } from '../../../../lib/store/redis/redis.store.js';
import { Random } from '../../../chaos/random.js';
import { owned } from '../../../support/owned.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';
import { startProxy, type TcpProxy } from '../../../support/tcp-proxy.js';
import { waitFor } from '../../../support/wait-for.js';

const MB = 2 ** 20;
const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** An event of so many fields. */
function eventOf(id: string, fields = 2, value = ''): string[] {
  const parameters = Array.from({ length: fields - 2 }, (_, i) => [`:${i}`, i === 0 ? value : '1']);
  return [['id', id, 'event_name', 'sold'], ...parameters].flat();
}

describe('an append that fails', () => {
  let redis: RedisServer;
  let raw: Redis;
  let proxy: TcpProxy;
  let store: RedisStore;
  let sent = '';
  let whenSeen: () => void = () => undefined;

  beforeAll(async () => {
    redis = await startRedis({
      conf: { 'proto-max-bulk-len': `${MB}`, 'client-query-buffer-limit': `${4 * MB}` },
    });
    raw = redis.client();
    proxy = await startProxy(redis.port, (data) => {
      sent += data.toString('latin1');
      whenSeen();
    });
    store = new RedisStore({ url: proxy.url, maxReconnectDelayMs: 50, logger });
    owned().onEnd(() => store.close());
  });

  type Options = Parameters<RedisStore['append']>[2] & { readonly onceWithinMs?: number };

  async function append(stream: string, entries: string[][], options: Partial<Options> = {}) {
    const all = { maxLength: null, timeoutMs: 10_000, ...options };
    const { onceWithinMs } = all;
    store.checkSize(stream, entries, { once: onceWithinMs !== undefined });
    if (onceWithinMs === undefined) return store.append(stream, entries, all);
    return store.appendOnce(stream, entries, { ...all, onceWithinMs });
  }

  /** Rejects with an error that is true. */
  async function failureOf(entries: string[][], options: Partial<Options> = {}) {
    const stream = `${uniqueName('truth')}.*:stream`;
    sent = '';
    const error = await append(stream, entries, options).catch((thrown: unknown) => thrown);
    const isStored = (await raw.xlen(stream)) > 0;
    if (error instanceof PublishError) expect(isStored).toBe(false);
    // It may be read from the socket only now: the proxy is in this process.
    if (error instanceof PublishOutcomeUnknownError) await waitFor(() => sent.includes(stream));
    if (!(error instanceof Error)) expect(isStored).toBe(true);
    return error;
  }

  it('says that nothing is known only of what was sent, over numbers, sizes, ids and faults', async () => {
    const random = new Random(31);
    const seen = new Map<string, number>();
    const faults: Record<string, () => unknown> = {
      none: () => undefined,
      // Not when the scripts arrive that a new connection loads: they may fill more than one packet.
      'cut as it arrives': () =>
        (whenSeen = () => {
          if (sent.includes('truth')) proxy.cut();
        }),
      'cut before': async () => {
        await proxy.refuse();
        proxy.cut();
        await waitFor(failsNow);
      },
      silent: () => proxy.pause('answers'),
    };
    const failsNow = () =>
      store.lastDeliveredId({ stream: 'x.*:stream', group: 'y' }).then(
        () => false,
        () => true,
      );
    for (let run = 0; run < 60; run++) {
      const fault = random.pick(Object.keys(faults));
      const events = random.pick([1, 1, 2, 20, 9_000]);
      const fields = events > 20 ? 3 : random.pick([3, 3_499, 3_500, 3_501, 4_200, 70_000]);
      const bytes = events > 20 ? 1 : random.pick([1, 1, MB - 1, MB, MB + 1]);
      const entries = Array.from({ length: events }, (_, i) =>
        eventOf(`run-${run}-${i}`, fields, 'x'.repeat(bytes)),
      );
      const isHarmless = fault === 'none';
      const session = store.session('');
      await faults[fault]?.();
      const error = await failureOf(entries, {
        timeoutMs: isHarmless ? 10_000 : 300,
        ...(random.chance(0.5) && { onceWithinMs: 60_000 }),
      });
      whenSeen = () => undefined;
      await proxy.accept();
      proxy.resume();
      // What was silent for too long would come to an end in the next call.
      if (!isHarmless) {
        proxy.cut();
        await waitFor(() => store.session('') > session);
      }
      const kind = error instanceof Error ? error.name : 'stored';
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual([
      'PublishError',
      'PublishOutcomeUnknownError',
      'stored',
    ]);
  }, 120_000);

  it('stores an event of 70,000 fields among others, and thousands under ids', async () => {
    const stream = `${uniqueName('many')}.*:stream`;
    await append(stream, [eventOf('a', 70_000), eventOf('b')]);
    const many = Array.from({ length: 20_000 }, (_, i) => eventOf(`id-${i}`));
    await append(stream, many, { onceWithinMs: 60_000 });
    expect(await raw.xlen(stream)).toBe(20_002);
  });

  it('sends nothing of what is too large for an id, and says so', async () => {
    const error = await failureOf([eventOf('x', 3_501)], { onceWithinMs: 60_000 });
    expect(error).toBeInstanceOf(FireError);
    expect(error).toMatchObject({ name: 'PublishError', retry: 'never', ids: ['x'] });
    expect((error as Error).message).toMatch(/3501 fields .* 3500 at most.* Nothing was stored\.$/);
    expect(sent).not.toMatch(/xadd|evalsha/i);
  });

  it('is unknown only if it was sent, where Redis forgot a script and the connection goes', async () => {
    const own = new RedisStore({ url: proxy.url, maxReconnectDelayMs: 50, logger });
    owned().onEnd(() => own.close());
    await own.connect(5_000);
    await raw.script('FLUSH');
    proxy.pause('answers');
    sent = '';
    const stream = `${uniqueName('forgotten')}.*:stream`;
    const options = { maxLength: null, timeoutMs: 10_000, onceWithinMs: 60_000 };
    const appending = own
      .appendOnce(stream, [eventOf('f')], options)
      .catch((thrown: unknown) => thrown);
    void own.close();
    proxy.resume();
    const outcome = await appending;
    const isStored = (await raw.xlen(stream)) > 0;
    if (outcome instanceof PublishError) expect(isStored).toBe(false);
    else if (outcome instanceof PublishOutcomeUnknownError) expect(sent).toContain(stream);
    else expect(isStored).toBe(true);
  });
});

describe('what appends cost', () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  let store: RedisStore;

  beforeAll(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
    store = new RedisStore({ url: proxy.url, maxReconnectDelayMs: 50, logger });
    owned().onEnd(() => store.close());
    await store.connect(5_000);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const newStream = () => `${uniqueName('cost')}.*:stream`;
  const append = (stream: string, ids: string[], timeoutMs = 12_345) =>
    store.append(
      stream,
      ids.map((id) => eventOf(id)),
      { maxLength: null, timeoutMs },
    );

  /** Commands of each write to a socket from now on, by their names. */
  function recordWrites(): string[][] {
    const writes: string[][] = [];
    const namesOf = (texts: string[]) =>
      [...texts.join('').matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)].map(([, name = '']) => name);
    const { _write, _writev } = Socket.prototype as Required<Socket>;
    jest.spyOn(Socket.prototype, '_write').mockImplementation(function (this: Socket, ...args) {
      if (this.remotePort === proxy.port) writes.push(namesOf([String(args[0])]));
      _write.apply(this, args);
    });
    jest.spyOn(Socket.prototype, '_writev').mockImplementation(function (this: Socket, ...args) {
      if (this.remotePort === proxy.port)
        writes.push(namesOf(args[0].map(({ chunk }) => String(chunk))));
      _writev.apply(this, args);
    });
    return writes;
  }

  it('is one write for all of a turn, with the read of who listens to their stream right behind', async () => {
    const [stream, other] = [newStream(), newStream()];
    const reads: Promise<unknown>[] = [];
    let heard = 0;
    const stop = store.listen(stream, () => {
      // As a reader does it: a few promises later.
      if (heard++ === 0) return;
      reads.push(
        Promise.resolve()
          .then(() => undefined)
          .then(() => store.range(stream, { start: '-', end: '+', count: 100 })),
      );
    });
    await waitFor(() => heard > 0);
    const writes = recordWrites();
    await Promise.all([
      // As they come when others are answered: one after the other, in one turn.
      ...Array.from({ length: 20 }, async (_, i) => {
        for (let steps = 0; steps < i; steps++) await Promise.resolve();
        return append(stream, [`${i}`]);
      }),
      append(other, ['o']),
    ]);
    expect(writes[0]).toEqual([...Array.from({ length: 21 }, () => 'xadd'), 'xrange']);
    expect(await reads[0]).toHaveLength(20);
    stop();
  });

  it('is one write for several events, with nothing of others between them', async () => {
    const stream = newStream();
    const writes = recordWrites();
    const others = [
      append(newStream(), ['x']),
      append(stream, ['a', 'b', 'c']),
      append(newStream(), ['y']),
    ];
    expect((await Promise.all(others)).map((ids) => ids.length)).toEqual([1, 3, 1]);
    expect(writes).toEqual([['xadd', 'multi', 'xadd', 'xadd', 'xadd', 'exec', 'xadd']]);
  });

  it('is one timer for all, which keeps no process alive', async () => {
    const stream = newStream();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    for (let i = 0; i < 10; i++)
      await Promise.all(
        Array.from({ length: 20 }, (_, k) => append(stream, [`${i}-${k}`], 23_456)),
      );
    const ours = timers.mock.results.filter((_, i) => timers.mock.calls[i]?.[1] === 23_456);
    expect(ours).toHaveLength(1);
    expect((ours[0]?.value as NodeJS.Timeout).hasRef()).toBe(false);
  });

  it('is no time: each ends at its own, whatever ended before, and late answers change nothing', async () => {
    const stream = newStream();
    const ended: string[] = [];
    const fire = (name: string, timeoutMs: number) =>
      append(stream, [name], timeoutMs).then(
        () => ended.push(`${name} stored`),
        (error: unknown) => ended.push(`${name} ${(error as PublishError).retry} ${String(error)}`),
      );
    await Promise.all([fire('first', 150), fire('second', 150)]);
    proxy.pause('answers');
    const late = [fire('long', 150), fire('short', 50), fire('longer', 180)];
    await waitFor(() => ended.length === 3);
    const last = fire('last', 150);
    const { now } = Date;
    // A clock that is set forward ends none of them early.
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    await Promise.all([...late, last]);
    proxy.resume();
    await Promise.all([fire('again', 150), fire('again', 50)]);
    const unknown = ['short', 'long', 'longer', 'last'].map(
      (one) =>
        expect.stringMatching(
          `^${one} with_ids PublishOutcomeUnknownError: It is not known .* no answer in time`,
        ) as unknown,
    );
    expect(ended).toEqual([
      ...['first stored', 'second stored', ...unknown],
      ...['again stored', 'again stored'],
    ]);
  });
});

describe('too many appends', () => {
  const MOST = 10_000;

  it('are refused while so many wait for their answers, and none of those is lost', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const store = new RedisStore({ url: proxy.url, maxReconnectDelayMs: 50, logger });
    owned().onEnd(() => store.close());
    await store.connect(5_000);
    const stream = `${uniqueName('many')}.*:stream`;
    const options = { maxLength: null, timeoutMs: 15_000 };
    const append = (id: string) => store.append(stream, [eventOf(id)], options);

    proxy.pause('answers');
    const waiting = Array.from({ length: MOST }, (_, i) => append(`id-${i}`));
    const once = store.appendOnce(stream, [eventOf('y')], { ...options, onceWithinMs: 60_000 });
    for (const [id, refused] of [['x', append('x')] as const, ['y', once] as const]) {
      const error = await refused.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PublishError);
      expect(error).toMatchObject({ ids: [id], retry: 'again' });
      expect(String(error)).toContain('10000 others are waiting to be stored');
    }

    proxy.resume();
    const nativeIds = (await Promise.all(waiting)).flat();
    const stored = await redis.client().xrange(stream, '-', '+');
    expect(stored.map(([nativeId]) => nativeId)).toEqual(nativeIds);
    expect(nativeIds).toHaveLength(MOST);
    await append('x');
  });
});
