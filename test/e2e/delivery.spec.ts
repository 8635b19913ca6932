import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type Application } from './application.js';

const API = uniqueName('delivery');

@Event(`${API}.counted`)
class Counted {
  @IsInt() n!: number;
}

@Event(`${API}.ignored`)
class Ignored {
  @IsInt() n!: number;
}

@Injectable()
class Listeners {
  readonly seen = { fast: [] as number[], slow: [] as number[], all: [] as number[] };
  failUntil = new Map<number, number>();
  active = 0;
  mostActive = 0;

  @OnEvent(Counted, { listenerName: 'fast' })
  fast({ n }: Counted) {
    const failures = this.failUntil.get(n) ?? 0;
    if (failures > 0) {
      this.failUntil.set(n, failures - 1);
      throw new Error(`not yet ${n}`);
    }
    this.seen.fast.push(n);
  }

  @OnEvent(`${API}.counted`, { listenerName: 'slow' })
  async slow({ n }: { n: number }) {
    this.mostActive = Math.max(this.mostActive, ++this.active);
    if (n < 10_000) await setTimeout(2);
    this.seen.slow.push(n);
    this.active--;
  }

  @OnEvent(`${API}.*`, { listenerName: 'all' })
  all(event: { n: number }, message: EventMessage) {
    if (message.eventName === 'counted') this.seen.all.push(event.n);
  }
}

describe('delivery', () => {
  let redis: Redis;
  let url: string;
  const service = uniqueName('service');
  const stream = `${API}.*:stream`;
  let application: Application;

  beforeAll(async () => {
    const shared = await sharedRedis();
    url = shared.url;
    redis = shared.client();
    application = await start();
  });
  afterAll(() => application.close());

  // The slow listener takes many times the timeout.
  function start(
    redisSettings: Record<string, unknown> = { batch_size: 10, acknowledgement_timeout: 2 },
  ) {
    return startApplication({
      url,
      service,
      events: [Counted, Ignored],
      providers: [Listeners],
      redis: redisSettings,
    });
  }

  async function pending(): Promise<number[]> {
    const groups = (await redis.xinfo('GROUPS', stream)) as unknown[][];
    return groups.map((group) => Number(group[group.indexOf('pending') + 1]));
  }

  it('hands 10,000 events to three listeners, one of them slow, each once and in order, and leaves nothing pending', async () => {
    const listeners = application.app.get(Listeners);
    const expected = Array.from({ length: 10_000 }, (_, n) => n);
    for (let n = 0; n < 10_000; n += 100) {
      await application.bus.fireAll(
        expected.slice(n, n + 100).map((each) => Object.assign(new Counted(), { n: each })),
      );
    }
    const { seen } = listeners;
    await waitFor(() => [seen.fast, seen.all].every(({ length }) => length >= 10_000), {
      timeoutMs: 60_000,
    });
    // The slow one was waited for by nobody.
    expect(seen.slow.length).toBeLessThan(5_000);
    await waitFor(() => seen.slow.length >= 10_000, { timeoutMs: 240_000 });
    await waitFor(async () => (await pending()).every((count) => count === 0));

    expect(seen.fast).toEqual(expected);
    expect(seen.slow).toEqual(expected);
    expect(seen.all).toEqual(expected);
    expect(listeners.mostActive).toBe(1);
    expect(await pending()).toEqual([0, 0, 0]);
  }, 300_000);

  it('retries a failing event in place: nothing overtakes it, and other listeners go on', async () => {
    const listeners = application.app.get(Listeners);
    const { seen } = listeners;
    const [fastBefore, slowBefore] = [seen.fast.length, seen.slow.length];
    listeners.failUntil.set(10_001, 3);

    for (const n of [10_000, 10_001, 10_002]) await application.bus.fire(Counted, { n });

    await waitFor(() => seen.slow.length === slowBefore + 3);
    expect(seen.fast.slice(fastBefore)).toEqual([10_000]);
    await waitFor(() => seen.fast.length === fastBefore + 3);
    expect(seen.fast.slice(fastBefore)).toEqual([10_000, 10_001, 10_002]);
    expect(application.logs.filter((line) => line.includes('not yet 10001'))).toHaveLength(3);
    await waitFor(async () => (await pending()).every((count) => count === 0));
  });

  it('acknowledges events that a listener did not ask for, without a call', async () => {
    const listeners = application.app.get(Listeners);
    const before = listeners.seen.fast.length;
    await application.bus.fire(Ignored, { n: -1 });
    await application.bus.fire(Counted, { n: 20_000 });
    await waitFor(() => listeners.seen.fast.length === before + 1);
    expect(listeners.seen.fast.at(-1)).toBe(20_000);
    await waitFor(async () => (await pending()).every((count) => count === 0));
  });

  it('opens three connections, however many listeners there are', async () => {
    const list = (await redis.client('LIST')) as string;
    const ours = list.split('\n').filter((line) => line.includes('name=nestjs-lightbus-'));
    expect(ours.map((line) => /name=(\S+)/.exec(line)?.[1]).sort()).toEqual([
      'nestjs-lightbus-bell',
      'nestjs-lightbus-commands',
      'nestjs-lightbus-schema',
    ]);
  });

  it('goes on after a restart where it stopped', async () => {
    await application.close();
    const stopped = await startApplication({
      url,
      service,
      events: [Counted],
      options: { features: [] },
    });
    await stopped.bus.fire(Counted, { n: 30_000 });
    await stopped.close();

    application = await start();
    const { seen } = application.app.get(Listeners);
    await waitFor(() => seen.fast.length === 1 && seen.slow.length === 1 && seen.all.length === 1);
    expect(seen).toEqual({ fast: [30_000], slow: [30_000], all: [30_000] });
  });

  it('waits for the handler in flight when the application closes, and acknowledges it', async () => {
    @Injectable()
    class Held {
      readonly started: Promise<void>;
      release: () => void = () => undefined;
      finished = false;
      private markStarted: () => void = () => undefined;
      constructor() {
        this.started = new Promise((resolve) => (this.markStarted = resolve));
      }
      @OnEvent(Counted, { listenerName: 'held', since: 'now' })
      async hold() {
        this.markStarted();
        await new Promise<void>((resolve) => (this.release = resolve));
        this.finished = true;
      }
    }
    const holding = await startApplication({ url, service, events: [Counted], providers: [Held] });
    const held = holding.app.get(Held);
    await holding.bus.fire(Counted, { n: 40_000 });
    await held.started;

    let closed = false;
    const closing = holding.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    held.release();
    await closing;
    expect(held.finished).toBe(true);
    const summary = await redis.xpending(stream, `${service}-held`);
    expect(summary[0]).toBe(0);
  });
});
