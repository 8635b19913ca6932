import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Listeners, LightbusError } from 'nestjs-lightbus';
import { isUnderAcl } from '../support/acl.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { untilItSucceeds, waitFor } from '../support/wait-for.js';
import type { Application } from './application.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  linesOf,
  ourConnections,
  pendingCount,
  startCounting,
} from './counting.js';

afterEach(closeApplications);

/** So many lines are enough for a listener and a connection to say what is wrong, and that it is over. */
const FEW = 8;

async function startOn(redis: RedisServer) {
  const counting = await startCounting({
    url: redis.url,
    api: { event_fire_timeout: 1 },
    redis: { consumption_restart_delay: 1 },
  });
  await counting.fire(1);
  await waitFor(() => counting.recorder().seen.length === 1);
  return counting;
}

/** Lines since `then`, but for those of the handler and of Nest. */
function linesSince({ logs }: Application, then: number): string[] {
  return logs.slice(then).filter((line) => !line.startsWith('debug'));
}

/** Fires, as a busy service does, until so many tries were refused. */
async function fireInVain(fire: (n: number) => Promise<unknown>, times: number): Promise<void> {
  for (let refused = 0; refused < times; refused++) {
    await expect(fire(99)).rejects.toBeInstanceOf(LightbusError);
    await delay(20);
  }
}

async function connectionsOf(client: Redis): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1]);
}

describe('a Redis that answers, and refuses,', () => {
  it.each([
    [
      'as it is a replica for a while (READONLY)',
      async (redis: RedisServer) => redis.client().replicaof('127.0.0.1', '1'),
      async (redis: RedisServer) => redis.client().replicaof('NO', 'ONE'),
    ],
    [
      'as its memory is full for a while (OOM)',
      async (redis: RedisServer) => redis.client().config('SET', 'maxmemory', '1'),
      async (redis: RedisServer) => redis.client().config('SET', 'maxmemory', '0'),
    ],
  ])('%s: says so once, and goes on by itself', async (_, begin, end) => {
    const redis = await startRedis();
    const { application, recorder, fire, stream } = await startOn(redis);
    const then = application.logs.length;
    const client = redis.client();
    await begin(redis);
    const connections = await connectionsOf(client);
    await fireInVain(fire, 100);
    expect((await connectionsOf(client)) - connections).toBeLessThanOrEqual(FEW);
    await end(redis);
    await untilItSucceeds(() => fire(2));
    await waitFor(() => recorder().seen.includes(2), { timeoutMs: 15_000 });
    await waitFor(async () => (await pendingCount(redis.client(), stream, GROUP)) === 0);
    expect(linesSince(application, then).length).toBeLessThanOrEqual(FEW);
  });

  it('as it is loading its data (LOADING): listeners wait for it, and go on', async () => {
    const redis = await startRedis({ appendonly: true });
    const { application, recorder, stream } = await startOn(redis);
    const client = redis.client();
    const pipeline = client.pipeline();
    for (let i = 0; i < 2_000; i++) pipeline.set(`filler:${i}`, i);
    await pipeline.exec();
    await addRaw(client, stream, 2);
    await waitFor(() => recorder().seen.length === 2);
    const then = application.logs.length;
    await redis.kill();
    // A millisecond for each key.
    const slow = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'];
    const again = await startRedis({
      ...{ port: redis.port, dir: redis.dir, appendonly: true },
      args: slow,
    });
    await addRaw(again.client(), stream, 3);
    await waitFor(() => recorder().seen.includes(3), { timeoutMs: 15_000 });
    expect(recorder().seen).toEqual([1, 2, 3]);
    expect(linesSince(application, then).length).toBeLessThanOrEqual(FEW);
  }, 40_000);

  // The least-privilege user has a password of its own.
  (isUnderAcl() ? it.skip : it)(
    'as it wants a password for a while (NOAUTH): listeners wait, and go on',
    async () => {
      const redis = await startRedis();
      const { application, recorder, fire } = await startOn(redis);
      const client = redis.client();
      const then = application.logs.length;
      await client.config('SET', 'requirepass', 'wanted');
      for (const { id } of await ourConnections(client)) await client.client('KILL', 'ID', id);
      await waitFor(() => application.logs.some((line) => line.includes('NOAUTH')));
      await fireInVain(fire, 2);
      await client.config('SET', 'requirepass', '');
      await untilItSucceeds(() => fire(2));
      await waitFor(() => recorder().seen.includes(2), { timeoutMs: 15_000 });
      expect(linesSince(application, then).length).toBeLessThanOrEqual(FEW);
    },
    30_000,
  );

  it.each([
    ['FLUSHALL', async (redis: RedisServer) => redis.client().flushall()],
    ['DEL of the stream', async (redis: RedisServer, stream: string) => redis.client().del(stream)],
  ])('after a %s: tells that history is lost, and handles what comes', async (_, lose) => {
    const redis = await startRedis();
    const { application, recorder, fire, stream } = await startOn(redis);
    await lose(redis, stream);
    await fire(2);
    await waitFor(() => recorder().seen.includes(2), { timeoutMs: 15_000 });
    expect(recorder().seen).toEqual([1, 2]);
    const [state] = application.app.get(Listeners).list();
    expect(state?.lost).toEqual([expect.objectContaining({ stream, until: null })]);
    expect(state?.status).toBe('reading');
    const told = linesOf(application, 'error').filter((line) => line.includes('HISTORY IS LOST'));
    expect(told).toHaveLength(1);
  });
});
