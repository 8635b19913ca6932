import { NOBODY } from '../../lib/store/redis/redis-scripts.js';
import {
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { EventBus, OnEvent, type FailureMode } from 'nestjs-lightbus';
import { sharedRedis, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  linesOf,
  newCountedApi,
  numbers,
  ourConnections,
  pendingCount,
  recorderOf,
  start,
  startCounting,
} from './counting.js';

// Before the next test looks at connections and logs.
afterEach(closeApplications);

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

  it('begins to listen after every other provider has started', async () => {
    const counted = newCountedApi('late');
    const redis = (await sharedRedis()).client();
    let groupsMeanwhile: unknown;
    @Injectable()
    class LastOfAll implements OnApplicationBootstrap {
      constructor(private readonly bus: EventBus) {}
      async onApplicationBootstrap() {
        await this.bus.fire(counted.Counted, { n: 1 });
        groupsMeanwhile = await redis.xinfo('GROUPS', counted.stream);
      }
    }
    const Recorder = recorderOf(counted);
    const { app } = await start({
      url,
      service: 'svc',
      events: [counted.Counted],
      // Providers of the root module, whose hooks Nest calls after those of all other modules.
      providers: [LastOfAll, Recorder],
    });
    expect(groupsMeanwhile).toEqual([]);
    const { seen } = app.get(Recorder);
    await waitFor(() => seen.length === 1);
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
    expect((await ourConnections(client)).map(({ name }) => name).sort()).toEqual([
      'commands',
      'schema',
    ]);
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
      let closing: Promise<void> | undefined;
      // While the rest is there already.
      first.handle = async () => {
        if (first.seen.length >= 20) closing ??= counting.application.close();
        await setTimeout(1);
      };
      await Promise.all(all.map((n) => addRaw(redis, counting.stream, n)));
      await waitFor(() => closing !== undefined);
      await closing;
      const handled = [...first.seen];
      expect(handled.length).toBeLessThan(all.length);

      const { app } = await counting.startAgain();
      const second = app.get(counting.Recorder);
      await waitFor(() => handled.length + second.seen.length >= all.length);
      expect([...handled, ...second.seen]).toEqual(all);
      expect(first.seen).toEqual(handled);
    },
  );

  it.each<FailureMode>(['retry', 'acknowledge_and_log'])(
    'has drained before databases close in onModuleDestroy (%s)',
    async (onError) => {
      const counted = newCountedApi('database');
      const done: number[] = [];
      let inFlight = 0;
      let inFlightAtEnd: number | undefined;
      @Injectable()
      class Db implements OnModuleDestroy {
        private open = true;
        async write(n: number) {
          await setTimeout(5);
          if (!this.open) throw new Error('the database is closed');
          done.push(n);
        }
        onModuleDestroy() {
          this.open = false;
          inFlightAtEnd = inFlight;
        }
      }
      @Injectable()
      class Writer {
        constructor(
          private readonly db: Db,
          private readonly bus: EventBus,
        ) {}
        @OnEvent(`${counted.api}.counted`, { listenerName: 'recorder', onError })
        async write({ n }: { n: number }) {
          inFlight++;
          await this.db.write(n);
          if (n <= 100) await this.bus.fire(counted.Counted, { n: n + 100 });
          await this.db.write(n);
          inFlight--;
        }
      }
      @Module({ providers: [Db], exports: [Db] })
      class DbModule {}
      const application = await start({
        url,
        service: 'svc',
        events: [counted.Counted],
        imports: [DbModule],
        providers: [Writer],
      });
      await Promise.all(numbers(1, 100).map((n) => addRaw(redis, counted.stream, n)));
      await waitFor(() => done.length >= 5);
      await application.close();
      expect(inFlightAtEnd).toBe(0);
      expect(linesOf(application, 'error')).toEqual([]);
      expect(linesOf(application, 'warn')).toEqual([]);
      // What was fetched last and not begun is handed back.
      const pending = (await redis.xpending(counted.stream, GROUP, '-', '+', 9)) as unknown[][];
      expect(pending.filter(([, consumer]) => consumer !== NOBODY)).toEqual([]);
      expect(done.length).toBeLessThan(200);
      expect(await redis.xlen(counted.stream)).toBe(100 + done.length / 2);
    },
  );

  it('is quick while a failing event waits for its next attempt, which is handed back', async () => {
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

  it('confirms what was handled although Redis refuses it for a while', async () => {
    const server = await startRedis();
    const client = server.client();
    const { application, recorder, fire, stream, startAgain, Recorder } = await startCounting({
      url: server.url,
    });
    let release = (): void => undefined;
    recorder().handle = () => new Promise<void>((resolve) => (release = resolve));
    await fire(1);
    await waitFor(async () => (await pendingCount(client, stream, GROUP)) === 1);
    await client.replicaof('127.0.0.1', '1');
    const closing = application.close();
    release();
    await waitFor(() => recorder().seen.length === 1);
    // Refused more than once by then.
    await waitFor(async () => (await refusedCommands(client)) >= 3);
    await client.replicaof('NO', 'ONE');
    await closing;
    expect(await pendingCount(client, stream, GROUP)).toBe(0);

    await addRaw(client, stream, 2);
    const { app } = await startAgain();
    await waitFor(() => app.get(Recorder).seen.length > 0);
    expect(app.get(Recorder).seen).toEqual([2]);
  });

  it('takes no longer than shutdown_timeout where Redis does not answer', async () => {
    const server = await startRedis();
    const { application, recorder, fire } = await startCounting({
      url: server.url,
      bus: { shutdown_timeout: 1 },
    });
    let release: (() => void) | undefined;
    recorder().handle = () => new Promise<void>((resolve) => (release = resolve));
    await fire(1);
    await waitFor(() => release !== undefined);
    process.kill(server.pid, 'SIGSTOP');
    release?.();
    await waitFor(() => recorder().seen.length === 1);
    const before = performance.now();
    await application.close();
    // A second for that, and one for what can't be given back. Redis counts as gone after ten.
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(linesOf(application, 'warn')).toContainEqual(
      expect.stringMatching(/last acknowledgement failed: no time was left/),
    );
    process.kill(server.pid, 'SIGCONT');
  });

  it.each([0.2, 1.2])(
    'waits for a handler in flight for shutdown_timeout, %f s; its event stays pending',
    async (shutdown_timeout) => {
      const { application, recorder, fire, stream } = await startCounting({
        url,
        bus: { shutdown_timeout },
      });
      let signal: AbortSignal | undefined;
      recorder().handle = (_, message) => {
        signal = message.signal;
        return new Promise(() => undefined);
      };
      await fire(1);
      await waitFor(() => signal);
      const before = performance.now();
      await application.close();
      const took = performance.now() - before;
      expect(took).toBeGreaterThanOrEqual(shutdown_timeout * 1000 - 5);
      expect(took).toBeLessThan(shutdown_timeout * 1000 + 900);
      expect(signal?.aborted).toBe(true);
      expect(linesOf(application, 'error').join()).toContain(
        `did not finish within shutdown_timeout (${shutdown_timeout * 1000} ms)`,
      );
      expect(await pendingCount(redis, stream, GROUP)).toBe(1);
      expect(linesOf(application, 'log').at(-1)).toMatch(
        /Drained in \d\.\d s: 1 listener\. 1 event left pending, not finished in time \(.+\)\.$/,
      );
    },
  );

  it('can be called again', async () => {
    const { application } = await startCounting({ url });
    await application.close();
    await application.close();
    expect(linesOf(application, 'error')).toEqual([]);
  });
});

/** How many commands Redis has refused since it started. */
async function refusedCommands(client: Redis): Promise<number> {
  const [, count = '0'] =
    /errorstat_READONLY:count=(\d+)/.exec(await client.info('errorstats')) ?? [];
  return Number(count);
}
