import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, EventBus, Listeners, OnEvent, type OnEventOptions } from 'nestjs-lightbus';
import { LightbusHealth, type HealthThresholds } from 'nestjs-lightbus/health';
import type { ListenerState } from '../../../lib/lifecycle/listener-consumer.js';
import { BusHealth } from '../../../lib/operations/bus-health.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { sharedRedis, uniqueName } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { startApplication } from '../../e2e/application.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('health.counted')
class Counted {
  @Allow() n?: number;
}

/** A handler that fails, hangs, or does neither: of the application that is started next. */
let behaviour: (n: number) => unknown = () => undefined;

function countWith(options: Partial<OnEventOptions>) {
  // Those of tests before try on until the file ends.
  const own = behaviour;
  @Injectable()
  class Counter {
    @OnEvent(Counted, { listenerName: 'count', since: 'beginning', ...options })
    count({ n = 0 }: Counted): unknown {
      return own(n);
    }
  }
  return Counter;
}

describe('LightbusHealth and Listeners.list, of a listener that', () => {
  async function start(
    options: Partial<OnEventOptions>,
    thresholds: HealthThresholds,
  ): Promise<{ bus: EventBus; listeners: Listeners; health: LightbusHealth }> {
    const { app, bus } = await startInMemory({
      events: [Counted],
      providers: [countWith(options), LightbusHealth.with(thresholds)],
    });
    return { bus, listeners: app.get(Listeners), health: app.get(LightbusHealth) };
  }

  it('has nothing to do, say so', async () => {
    behaviour = () => undefined;
    const { bus, listeners, health } = await start({}, {});
    await bus.fire(Counted, { n: 1 });
    await waitFor(async () => (await health.check()).lightbus.listeners.count?.pending === 0);
    expect(listeners.list()).toMatchObject([
      { name: 'count', status: 'reading', failing: null, handling: null },
    ]);
    expect(await health.check()).toEqual({
      lightbus: {
        ...{ status: 'up', degraded: [] },
        listeners: {
          count: {
            ...{ status: 'reading', failing: null, handling: null, pending: 0, deadLetters: 0 },
            ...{ undelivered: null, oldestPendingMs: null },
          },
        },
      },
    });
  });

  it('fails, say since when, at what, how often, with what, and when it is tried again', async () => {
    behaviour = () => {
      throw new TypeError('no stock for jane@example.com');
    };
    const { bus, listeners, health } = await start({ backoff: { initial: 40, max: 60_000 } }, {});
    const before = Date.now();
    const { nativeId } = await bus.fire(Counted, { n: 1 });
    await waitFor(() => (listeners.list()[0]?.failing?.attempt ?? 0) >= 2);
    const [state] = listeners.list();
    expect(state).toMatchObject({
      status: 'failing',
      failing: { event: { nativeId, eventName: 'health.counted' } },
    });
    expect(state?.failing?.error).toContain('no stock');
    expect(Number(state?.failing?.since)).toBeGreaterThanOrEqual(before - 5);
    expect(Number(state?.failing?.nextTryAt)).toBeGreaterThan(Number(state?.failing?.since));

    // Not yet for as long as a minute.
    expect(await health.check()).toMatchObject({ lightbus: { status: 'up', degraded: [] } });
    const strict = await start({ backoff: { initial: 60_000 } }, { failingForMs: 0 });
    const fired = await strict.bus.fire(Counted, { n: 1 });
    const degraded = () =>
      strict.health.check().then(({ lightbus }) => {
        expect(lightbus.status).toBe('up');
        return lightbus.degraded;
      });
    await waitFor(async () => (await degraded()).length > 0);
    expect(await degraded()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^listener 'count' fails at health.counted ${fired.nativeId} since .*Z, attempts: 1, next try at .*Z$`,
        ),
      ),
    ]);
    // Health is often told to anybody.
    expect((await degraded()).join()).not.toContain('jane');
  });

  it('hangs, say at what and since when', async () => {
    let release = (): void => undefined;
    behaviour = () => new Promise<void>((resolve) => (release = resolve));
    const { bus, listeners, health } = await start({}, { oldestPendingMs: 0 });
    const { nativeId } = await bus.fire(Counted, { n: 1 });
    await waitFor(() => listeners.list()[0]?.handling?.nativeId === nativeId);
    await waitFor(async () => (await health.check()).lightbus.degraded.length === 2);
    expect((await health.check()).lightbus).toMatchObject({
      status: 'up',
      degraded: [
        expect.stringMatching(/^listener 'count' has had an event pending for \d+ s$/),
        expect.stringMatching(/has been handling health\.counted .* and has not returned$/),
      ],
      listeners: { count: { pending: 1, handling: { eventName: 'health.counted' } } },
    });
    await waitFor(() => listeners.standingStill(1).length === 1);
    expect(listeners.standingStill(1)[0]).toContain(`at health.counted ${nativeId}`);
    expect(listeners.standingStill(60_000)).toEqual([]);
    release();
    await waitFor(() => listeners.standingStill(0).length === 0);
  });

  it('may take so long as its own timeout says is not stuck', async () => {
    let release = (): void => undefined;
    behaviour = () => new Promise<void>((resolve) => (release = resolve));
    const { bus, listeners } = await start({ timeout: 60_000 }, {});
    await bus.fire(Counted, { n: 1 });
    await waitFor(() => Number(listeners.list()[0]?.handling?.since) < Date.now() - 5);
    expect(listeners.standingStill(1)).toEqual([]);
    release();
  });

  it('lags, or has dead letters, say how many', async () => {
    let release = (): void => undefined;
    let hangs = true;
    behaviour = (n) => {
      if (n === 1) throw new Error('no');
      return hangs && new Promise<void>((resolve) => (release = resolve));
    };
    const policy = { onError: 'dead_letter', maxAttempts: 1 } as const;
    const { bus, health } = await start(policy, { lag: 3 });
    await bus.fireAll([1, 2, 3, 4].map((n) => Object.assign(new Counted(), { n })));
    const look = async () => (await health.check()).lightbus.listeners.count!;
    const lag = async () => {
      const { pending, undelivered } = await look();
      return Number(pending) + Number(undelivered);
    };
    await waitFor(async () => (await look()).deadLetters === 1);
    await waitFor(async () => (await lag()) === 3);
    const only = "listener 'count' has dead letters: 1";
    expect((await health.check()).lightbus.degraded).toEqual([only]);
    await bus.fire(Counted, { n: 5 });
    expect((await health.check()).lightbus.degraded).toEqual([
      "listener 'count' lags: 4 events are before it or in hand",
      only,
    ]);
    hangs = false;
    release();
    await waitFor(async () => (await lag()) === 0);
  });

  it.each<[string, HealthThresholds, RegExp]>([
    ['a threshold that is none', { lags: 1 } as HealthThresholds, /no health threshold 'lags'/],
    ['less than 0', { lag: -1 }, /'lag' must be a number from 0, or Infinity, not -1/],
    ['no number', { deadLetters: '3' as unknown as number }, /'deadLetters' must be .* not '3'/],
    ['NaN', { failingForMs: NaN }, /not NaN/],
  ])('has %s is refused at once', (_, thresholds, message) => {
    expect(() => LightbusHealth.with(thresholds)).toThrow(message);
  });
});

describe('BusHealth', () => {
  it('is down where a listener of this process has stopped, and says since when that had failed', async () => {
    const since = new Date(1_700_000_000_000);
    const failing = { since, attempt: 3, error: 'no stock for jane@example.com', nextTryAt: null };
    const state = { place: 'A.b (C)', handling: null, streams: [], lost: [] };
    const states: ListenerState[] = [
      { ...state, name: 'count', status: 'stopped', failing },
      { ...state, name: 'other', status: 'reading', failing: null },
    ];
    const health = new BusHealth({
      stores: { all: () => [new MemoryStore()], refused: new Map(), forApi: () => undefined! },
      projections: { failures: () => [] },
      listeners: { list: () => states },
      config: { apiNames: [] },
    });
    expect(await health.check(1_000)).toMatchObject({
      status: 'down',
      message:
        "Listener 'count' has stopped in this process. It had failed since 2023-11-14T22:13:20.000Z.",
    });
  });
});

describe('LightbusHealth on Redis', () => {
  it('sees what another process fails at, and where events are refused', async () => {
    behaviour = () => {
      throw new Error('no');
    };
    const { url } = await sharedRedis();
    const service = uniqueName('service');
    const admin = (await sharedRedis()).client();
    const startOne = (processName: string) =>
      startApplication({
        ...{ url, service, events: [Counted] },
        providers: [
          countWith({ backoff: { initial: 60_000 } }),
          LightbusHealth.with({ failingForMs: 0 }),
        ],
        options: { processName },
      });
    const [first, second] = [await startOne('w1'), await startOne('w2')];
    await first.app.get(EventBus).fire(Counted, { n: 1 });
    const degraded = async ({ app }: typeof first) =>
      (await app.get(LightbusHealth).check('lightbus', 5_000)).lightbus.degraded;
    for (const one of [first, second]) {
      await waitFor(async () => (await degraded(one)).length > 0);
      expect(await degraded(one)).toEqual([
        expect.stringMatching(/'count' fails at health\.counted /),
      ]);
    }
    const stream = 'health.*:stream';
    await admin.rename(stream, `${stream}-away`);
    await admin.set(stream, 'no stream');
    await expect(first.app.get(EventBus).fire(Counted, { n: 2 })).rejects.toThrow('WRONGTYPE');
    expect(await degraded(first)).toContainEqual(
      expect.stringMatching(/^events can't be stored on 'health\.\*:stream': .*WRONGTYPE/),
    );
    await admin.rename(`${stream}-away`, stream);
    await first.app.get(EventBus).fire(Counted, { n: 2 });
    expect((await degraded(first)).join()).not.toContain('WRONGTYPE');
    await Promise.all([first.close(), second.close()]);
  });
});
