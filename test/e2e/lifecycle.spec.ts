import { inspect } from 'node:util';
import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { BusClosedError, EventBus, LightbusError } from 'nestjs-lightbus';
import {
  freePort,
  sharedRedis,
  startRedis,
  uniqueName,
  type RedisServer,
} from '../support/redis-server.js';
import { urlForTest } from '../support/acl.js';
import { startProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type Application, type ApplicationParts } from './application.js';
import { addRaw, newCountedApi, pendingCount, recorderOf, type CountedApi } from './counting.js';

const GROUP = 'svc-recorder';

const applications: Application[] = [];

// Before the next test looks at connections and logs.
afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()));
});

async function start(parts: ApplicationParts): Promise<Application> {
  const application = await startApplication(parts);
  applications.push(application);
  return application;
}

/** An application with one listener on an API of its own. */
async function startCounting(parts: Partial<ApplicationParts> & { url: string }) {
  const counted = newCountedApi('lifecycle');
  const Recorder = recorderOf(counted);
  const startAgain = () =>
    start({ service: 'svc', events: [counted.Counted], providers: [Recorder], ...parts });
  const application = await startAgain();
  const recorder = () => application.app.get(Recorder);
  const fire = (n: number) => application.bus.fire(counted.Counted, { n });
  return { ...counted, Recorder, application, recorder, fire, startAgain };
}

/** Without the audit of the server, which is none of this file's concern. */
function linesOf({ logs }: Application, level: string): string[] {
  return logs.filter((line) => line.startsWith(`${level} `) && !line.includes('Durability of'));
}

async function ourConnections(redis: Redis): Promise<{ id: number; name: string }[]> {
  const list = (await redis.client('LIST')) as string;
  return [...list.matchAll(/id=(\d+) .*name=nestjs-lightbus-(\S+)/g)].map(([, id, name]) => ({
    id: Number(id),
    name: name ?? '',
  }));
}

/** All at once: one after the other would be two losses. */
async function killConnections(redis: Redis): Promise<void> {
  const kills = redis.multi();
  for (const { id } of await ourConnections(redis)) kills.client('KILL', 'ID', id);
  await kills.exec();
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('starting', () => {
  let url: string;
  beforeAll(async () => {
    url = (await sharedRedis()).url;
  });

  it('lets other providers fire from onModuleInit on, and handles what was fired meanwhile', async () => {
    const counted = newCountedApi('bootstrap');
    @Injectable()
    class Early implements OnModuleInit, OnApplicationBootstrap {
      constructor(private readonly bus: EventBus) {}
      async onModuleInit() {
        await this.bus.fire(counted.Counted, { n: 1 });
      }
      async onApplicationBootstrap() {
        await this.bus.fire(counted.Counted, { n: 2 });
      }
    }
    const Recorder = recorderOf(counted);
    const { app } = await start({
      url,
      service: 'svc',
      events: [counted.Counted],
      providers: [Early, Recorder],
    });
    const { seen } = app.get(Recorder);
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
  });

  it('makes groups before it is done: with since now nothing is missed that is fired right after', async () => {
    const counted = [newCountedApi('first'), newCountedApi('second'), newCountedApi('third')];
    const recorders = counted.map((api, i) =>
      recorderOf(api, { listenerName: `recorder_${i}`, since: 'now' }),
    );
    const { app, bus } = await start({
      url,
      service: 'svc',
      events: counted.map(({ Counted }) => Counted),
      providers: recorders,
    });
    await Promise.all(counted.map(({ Counted }, n) => bus.fire(Counted, { n })));
    const seen = () => recorders.flatMap((Recorder) => app.get(Recorder).seen);
    await waitFor(() => seen().length === 3);
    expect(seen()).toEqual([0, 1, 2]);
  });

  it('starts where a listener has no stream to read yet', async () => {
    const { application, recorder, fire } = await startCounting({
      url,
      redis: { stream_use: 'per_event' },
    });
    expect(linesOf(application, 'error')).toEqual([]);
    await fire(1);
    // New streams are looked for every 5 s.
    await waitFor(() => recorder().seen.length === 1);
  });

  it('reads nothing and makes no group with features: []', async () => {
    const server = await startRedis();
    const client = server.client();
    const { stream, recorder, fire, application } = await startCounting({
      url: server.url,
      options: { features: [] },
    });
    await fire(1);
    expect(await client.xlen(stream)).toBe(1);
    expect(await client.xinfo('GROUPS', stream)).toEqual([]);
    expect((await ourConnections(client)).map(({ name }) => name)).toEqual(['commands']);
    expect(recorder().seen).toEqual([]);
    await application.close();
    expect(await ourConnections(client)).toEqual([]);
  });
});

describe('closing', () => {
  let url: string;
  let redis: Redis;
  beforeAll(async () => {
    const shared = await sharedRedis();
    url = shared.url;
    redis = shared.client();
  });

  it('leaves no connection and no pending entry behind', async () => {
    const server = await startRedis();
    const { stream, recorder, fire, application } = await startCounting({ url: server.url });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    await application.close();
    await waitFor(async () => (await ourConnections(server.client())).length === 0);
    expect(await pendingCount(server.client(), stream, GROUP)).toBe(0);
    expect(linesOf(application, 'error')).toEqual([]);
    expect(linesOf(application, 'warn')).toEqual([]);
  });

  it.each([1, 10])(
    'under load loses nothing and handles nothing twice (batch_size %i)',
    async (batch_size) => {
      const counting = await startCounting({ url, redis: { batch_size } });
      const all = numbers(1, 300);
      const first = counting.recorder();
      for (const n of all) await addRaw(redis, counting.stream, n);
      await waitFor(() => first.seen.length >= 20);
      await counting.application.close();
      const handled = [...first.seen];
      expect(handled.length).toBeLessThan(all.length);

      const { app } = await counting.startAgain();
      const second = app.get(counting.Recorder);
      await waitFor(() => handled.length + second.seen.length >= all.length);
      expect([...handled, ...second.seen]).toEqual(all);
      expect(first.seen).toEqual(handled);
    },
  );

  it('is quick while a failing event waits for its next attempt, which stays pending', async () => {
    const { application, recorder, fire, stream } = await startCounting({ url });
    let attempts = 0;
    recorder().handle = () => {
      attempts++;
      throw new Error('not today');
    };
    await fire(1);
    // The fifth attempt comes at least 800 ms after the fourth.
    await waitFor(() => attempts === 4);
    const before = Date.now();
    await application.close();
    expect(Date.now() - before).toBeLessThan(700);
    expect(attempts).toBe(4);
    expect(await pendingCount(redis, stream, GROUP)).toBe(1);
  });

  it('lets a handler in flight fire, and acknowledges its event', async () => {
    const { application, recorder, fire, stream, Counted } = await startCounting({ url });
    let release = (): void => undefined;
    let started = false;
    recorder().handle = async (n) => {
      if (n !== 1) return;
      started = true;
      await new Promise<void>((resolve) => (release = resolve));
      await application.bus.fire(Counted, { n: 2 });
    };
    await fire(1);
    await waitFor(() => started);
    const closing = application.close();
    // The second close waits for the same end.
    const again = application.close();
    release();
    await Promise.all([closing, again]);
    expect(recorder().seen).toEqual([1]);
    expect(await pendingCount(redis, stream, GROUP)).toBe(0);
    expect(await redis.xlen(stream)).toBe(2);
    await expect(fire(3)).rejects.toMatchObject({ code: 'LIGHTBUS_BUS_CLOSED' });
    expect(await redis.xlen(stream)).toBe(2);
  });

  it('can be called again', async () => {
    const { application } = await startCounting({ url });
    await application.close();
    await application.close();
    expect(linesOf(application, 'error')).toEqual([]);
  });
});

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
    await counting.fire(1);
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
    await waitFor(() => troubleOf(counting.application).length === 2);
    await addRaw(raw, counting.stream, 2);
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
    expect(troubleOf(counting.application)).toEqual([
      expect.stringMatching(LOST),
      expect.stringMatching(BACK),
    ]);
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
      line.includes('gone'),
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
    expect(inspect(errors[0])).toContain('WRONGPASS');
    const everything = [...counting.application.logs, ...errors.map((error) => inspect(error))];
    for (const text of everything) expect(text).not.toContain(secret);
  }, 30_000);
});
