import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { BusClosedError, LightbusError, Listeners } from 'nestjs-lightbus';
import { urlForTest } from '../support/acl.js';
import { freePort, startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { untilItSucceeds, waitFor } from '../support/wait-for.js';
import type { Application } from './application.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  linesOf,
  numbers,
  ourConnections,
  pendingCount,
  startCounting,
  type CountedApi,
} from './counting.js';

// Before the next test looks at connections and logs.
afterEach(closeApplications);

/** All at once: one after the other would be two losses. */
async function killConnections(redis: Redis): Promise<void> {
  const kills = redis.multi();
  for (const { id } of await ourConnections(redis)) kills.client('KILL', 'ID', id);
  await kills.exec();
}

describe('a Redis that fails', () => {
  let redis: RedisServer;
  let raw: Redis;
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true });
    raw = redis.client();
  });

  const LOST = /^error No connection to Redis at .*Reconnecting\.$/;
  const BACK = /^log Connected to Redis at .* again\.$/;

  /** Lines about trouble: all errors and warnings, and the good news that follow. */
  function troubleOf(application: Application): string[] {
    const bad = ['error', 'warn', 'fatal'].flatMap((level) => linesOf(application, level));
    return application.logs.filter((line) => bad.includes(line) || /again\.$/.test(line));
  }

  /** Fires one event after the other until `enough`. @returns those that were certainly stored. */
  async function fireUntil(
    { application, Counted }: { application: Application } & Pick<CountedApi, 'Counted'>,
    enough: () => boolean,
  ): Promise<number[]> {
    const stored: number[] = [];
    for (let n = 1; !enough(); n++) {
      try {
        await application.bus.fire(Counted, { n });
        stored.push(n);
      } catch (error) {
        expect(error).toBeInstanceOf(LightbusError);
        // The test has failed before it had enough.
        if (error instanceof BusClosedError) break;
      }
    }
    return stored;
  }

  it('is no obstacle to the start; its events are handled once it is there', async () => {
    const port = await freePort();
    const counting = await startCounting({
      url: `redis://127.0.0.1:${port}/0`,
      api: { event_fire_timeout: 1 },
    });
    expect(troubleOf(counting.application)).toEqual([expect.stringMatching(LOST)]);
    await startRedis({ port });
    await waitFor(() => troubleOf(counting.application).length === 2);
    expect(troubleOf(counting.application)[1]).toMatch(BACK);
    await untilItSucceeds(() => counting.fire(1));
    await waitFor(() => counting.recorder().seen.length === 1);
    expect(troubleOf(counting.application)).toHaveLength(2);
  }, 30_000);

  it('and comes back with its data: listeners go on by themselves, and nothing is lost', async () => {
    const counting = await startCounting({ url: redis.url, api: { event_fire_timeout: 1 } });
    let phase = 'before';
    const firing = fireUntil(counting, () => phase === 'after');
    const { seen } = counting.recorder();
    await waitFor(() => seen.length > 20);
    await redis.kill();
    await waitFor(() => troubleOf(counting.application).length === 1);
    await redis.restart();
    const then = seen.length;
    await waitFor(() => seen.length > then + 20, { timeoutMs: 15_000 });
    phase = 'after';
    const stored = await firing;
    await waitFor(() => stored.every((n) => seen.includes(n)));
    await waitFor(async () => (await pendingCount(raw, counting.stream, GROUP)) === 0);

    expect(counting.application.app.get(Listeners).list()[0]?.lost).toEqual([]);
    const unique = [...new Set(seen)];
    expect(unique).toEqual(unique.toSorted((a, b) => a - b));
    expect(troubleOf(counting.application)).toEqual([
      expect.stringMatching(LOST),
      expect.stringMatching(BACK),
    ]);
  }, 40_000);

  it('and loses our connections: listeners go on by themselves', async () => {
    const counting = await startCounting({ url: redis.url });
    const { seen } = counting.recorder();
    await counting.fire(1);
    await waitFor(() => seen.length === 1);
    await killConnections(raw);
    await addRaw(raw, counting.stream, 2);
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
  });

  it('behind a network that cuts connections again and again: nothing is lost, order is kept', async () => {
    const proxy = await startProxy(redis.port);
    const counting = await startCounting({ url: proxy.url, redis: { batch_size: 5 } });
    const { seen } = counting.recorder();
    counting.recorder().handle = () => new Promise((resolve) => setImmediate(resolve));
    for (const n of numbers(1, 200)) await addRaw(raw, counting.stream, n);
    for (const least of [30, 80, 130]) {
      await waitFor(() => seen.length > least);
      proxy.cut();
    }
    await waitFor(() => new Set(seen).size === 200, { timeoutMs: 15_000 });
    await waitFor(async () => (await pendingCount(raw, counting.stream, GROUP)) === 0);
    // An acknowledgement that was cut off is repeated, and its event is not handled again.
    expect(seen).toEqual(numbers(1, 200));
  }, 40_000);

  it('and is flushed: listeners say so and go on with new events', async () => {
    const server = await startRedis();
    const counting = await startCounting({ url: server.url });
    const { seen } = counting.recorder();
    await counting.fire(1);
    await waitFor(() => seen.length === 1);
    await server.client().flushall();
    await counting.fire(2);
    await counting.fire(3);
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
    const [remade, ...others] = linesOf(counting.application, 'error').filter((line) =>
      line.includes('found its consumer group'),
    );
    expect(others).toEqual([]);
    expect(remade).toMatch(/'svc-recorder' on '.*' gone .* made it again after \d+-\d+/);
    await waitFor(() => troubleOf(counting.application).at(-1)?.endsWith('reads again.'));
  });

  it('and loses the group: it is made again where the listener stopped', async () => {
    const counting = await startCounting({ url: redis.url });
    const { seen } = counting.recorder();
    for (const n of numbers(1, 5)) await counting.fire(n);
    await waitFor(() => seen.length === 5);
    await waitFor(async () => (await pendingCount(raw, counting.stream, GROUP)) === 0);
    await raw.xgroup('DESTROY', counting.stream, GROUP);
    for (const n of numbers(6, 8)) await counting.fire(n);
    await waitFor(() => seen.length === 8);
    expect(seen).toEqual(numbers(1, 8));
  });

  it('and loses the group while an event is being handled: none is lost, none comes twice', async () => {
    const counting = await startCounting({ url: redis.url, redis: { batch_size: 3 } });
    const recorder = counting.recorder();
    let destroyed: unknown;
    recorder.handle = async (n) => {
      if (n === 3) destroyed ??= await raw.xgroup('DESTROY', counting.stream, GROUP);
    };
    for (const n of numbers(1, 8)) await addRaw(raw, counting.stream, n);
    await waitFor(() => recorder.seen.length >= 8);
    await waitFor(async () => (await pendingCount(raw, counting.stream, GROUP)) === 0);
    expect(destroyed).toBe(1);
    expect(recorder.seen).toEqual(numbers(1, 8));
  });

  it('and comes back with an older state: that is told, with what is lost, and new events are handled', async () => {
    const server = await startRedis();
    const counting = await startCounting({ url: server.url });
    const { seen } = counting.recorder();
    const client = server.client();
    for (const n of [1, 2]) await counting.fire(n);
    await waitFor(async () => (await pendingCount(client, counting.stream, GROUP)) === 0);
    await client.save();
    const { nativeId } = await counting.fire(3);
    await waitFor(() => seen.length === 3);
    await server.kill();
    await server.restart();
    await untilItSucceeds(() => counting.fire(4));
    await waitFor(() => seen.includes(4));

    const state = () => counting.application.app.get(Listeners).list()[0]!;
    await waitFor(() => state().lost.length > 0);
    expect(state().lost).toEqual([expect.objectContaining({ until: nativeId })]);
    expect(linesOf(counting.application, 'error')).toContainEqual(
      expect.stringContaining('HISTORY IS LOST'),
    );
  }, 30_000);

  it('never has its password in a log line or an error', async () => {
    const server = await startRedis();
    const client = server.client();
    const secret = uniqueName('s3cret');
    await client.config('SET', 'requirepass', secret);
    const url = urlForTest(server.url).replace('//', `//default:${secret}@`);
    const counting = await startCounting({ url, api: { event_fire_timeout: 1 } });
    await counting.fire(1);
    await waitFor(() => counting.recorder().seen.length === 1);

    // Wrong from now on.
    await client.config('SET', 'requirepass', 'changed');
    await killConnections(client);
    const logged = (part: string) => counting.application.logs.some((line) => line.includes(part));
    await waitFor(() => logged('WRONGPASS'));
    const errors = [await counting.fire(2).catch((error: unknown) => error)];
    await client.config('SET', 'requirepass', secret);
    await waitFor(() => counting.application.logs.some((line) => BACK.test(line)));
    await server.kill();
    errors.push(await counting.fire(3).catch((error: unknown) => error));
    await counting.application.close();

    for (const error of errors) expect(error).toBeInstanceOf(LightbusError);
    const everything = [...counting.application.logs, ...errors.map((error) => inspect(error))];
    for (const text of everything) expect(text).not.toContain(secret);
  }, 30_000);
});
