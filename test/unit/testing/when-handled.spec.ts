import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, EventBus, LightbusModule, OnEvent, Project } from 'nestjs-lightbus';
import { EventRecorder, LightbusTestingModule, RecordedEventsError } from 'nestjs-lightbus/testing';
import { Supervisor } from '../../../lib/lifecycle/supervisor.js';
import { owned } from '../../support/owned.js';
import { waitFor } from '../../support/wait-for.js';

@Event('handled.counted')
class Counted {
  @IsInt() n!: number;
}

@Event('handled.unheard')
class Unheard {}

/** Fails as often as it is told. */
@Injectable()
class Counter {
  readonly seen: number[] = [];
  failures = 0;
  hold?: Promise<void>;

  @OnEvent(Counted, { listenerName: 'retrying' })
  async count({ n }: Counted) {
    await this.hold;
    if (this.failures-- > 0) throw new Error('not yet');
    this.seen.push(n);
  }

  @OnEvent(Counted, { listenerName: 'giving_up', onError: 'dead_letter', maxAttempts: 1 })
  async giveUp() {
    throw new Error('never');
  }
}

async function compile(features: 'events'[] = ['events']) {
  @Module({ imports: [LightbusModule.forFeature([Counted, Unheard])], providers: [Counter] })
  class CountingModule {}
  const module: TestingModule = await Test.createTestingModule({
    imports: [LightbusTestingModule.forRoot({ features }), CountingModule],
  }).compile();
  module.useLogger(false);
  const bus = module.get(EventBus);
  const recorder = module.get(EventRecorder);
  return { module, bus, recorder, counter: module.get(Counter) };
}

async function start(features?: 'events'[]) {
  const parts = await compile(features);
  await parts.module.init();
  owned().onEnd(() => parts.module.close());
  return parts;
}

/** As a handler waits that is delayed by a timer. */
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const fail = (handled: Promise<void>) =>
  handled.then(
    () => 'resolved',
    (error: unknown) => error,
  );

const systemNow = performance.now.bind(performance);

describe('EventRecorder.whenHandled', () => {
  it.each<['events'[]]>([[['events']], [[]]])(
    'rejects where the application was compiled and not started, features %j',
    async (features) => {
      const { bus, recorder, counter } = await compile(features);
      const nothing = await fail(recorder.whenHandled());
      await bus.fire(Counted, { n: 1 });
      const error = await fail(recorder.whenHandled());
      expect(nothing).toBeInstanceOf(RecordedEventsError);
      expect(error).toBeInstanceOf(RecordedEventsError);
      expect((error as Error).message).toMatch(/has not started.*await module\.init\(\)/);
      expect(counter.seen).toEqual([]);
      // What needs no listener needs no start.
      recorder.assertFired(Counted, { times: 1 });
      recorder.assertNotFired(Unheard);
    },
  );

  it('rejects where the application is closed, though nothing is left to be seen', async () => {
    const { module, bus, recorder, counter } = await start();
    counter.failures = Infinity;
    await bus.fire(Counted, { n: 1 });
    const waiting = fail(recorder.whenHandled({ timeoutMs: 10_000 }));
    await module.close();
    for (const error of [await waiting, await fail(recorder.whenHandled())]) {
      expect(error).toBeInstanceOf(RecordedEventsError);
      expect((error as Error).message).toMatch(/closed|has stopped/);
    }
    await expect(recorder.whenHandled()).rejects.toThrow(/Await .* before module\.close\(\)/);
  });

  it('rejects at once where the listener that is not done has stopped, naming it', async () => {
    const { module, bus, recorder, counter } = await start();
    counter.failures = Infinity;
    await bus.fire(Counted, { n: 1 });
    await waitFor(() => counter.failures < Infinity || true);
    await module.get(Supervisor).stop();
    const begin = systemNow();
    await expect(recorder.whenHandled({ timeoutMs: 60_000 })).rejects.toThrow(
      /has stopped: group 'test-retrying' on 'handled\.\*:stream' .*listener 'retrying' is stopped/,
    );
    expect(systemNow() - begin).toBeLessThan(5_000);
  });

  it('waits for projections, and rejects at once where one has failed', async () => {
    let release = (): void => undefined;
    @Injectable()
    class Sum {
      total = 0;
      @Project(Counted)
      async counted({ n }: Counted) {
        if (n === 666) throw new Error('no number');
        await new Promise<void>((resolve) => (release = resolve));
        this.total += n;
      }
    }
    const module = await Test.createTestingModule({
      imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([Counted])],
      providers: [Sum],
    }).compile();
    module.useLogger(false);
    await module.init();
    owned().onEnd(() => module.close());
    const [bus, recorder] = [module.get(EventBus), module.get(EventRecorder)];
    await bus.fire(Counted, { n: 2 });
    await expect(recorder.whenHandled({ timeoutMs: 20 })).rejects.toThrow(
      /the projection Sum has not come to the end of 'handled\.\*:stream'/,
    );
    release();
    await recorder.whenHandled();
    expect(module.get(Sum).total).toBe(2);
    await bus.fire(Counted, { n: 666 });
    await expect(recorder.whenHandled({ timeoutMs: 60_000 })).rejects.toThrow(
      /has stopped: The projection Sum is fed no more.*no number/,
    );
  });

  it('resolves where nothing listens: nothing has to be handled', async () => {
    const unheard = await start();
    await unheard.bus.fire(Unheard, {});
    await unheard.recorder.whenHandled({ timeoutMs: 1_000 });
    const firing = await start([]);
    await firing.bus.fire(Counted, { n: 1 });
    await firing.recorder.whenHandled({ timeoutMs: 0 });
  });

  it('waits for events whose fire nobody awaited', async () => {
    const { bus, recorder, counter } = await start();
    void bus.fire(Counted, { n: 1 });
    void bus.fireAll([Object.assign(new Counted(), { n: 2 })]);
    await recorder.whenHandled();
    expect(counter.seen.sort()).toEqual([1, 2]);
    recorder.assertFired(Counted, { times: 2 });
  });

  it('waits for no fire that has failed', async () => {
    const { bus, recorder } = await start();
    await expect(bus.fire(Counted, { n: 'x' } as never)).rejects.toThrow('n must be an integer');
    await expect(bus.fireAll([{}])).rejects.toThrow('@Event');
    await recorder.whenHandled({ timeoutMs: 0 });
  });

  it.each([NaN, -1, Infinity, -Infinity, '5', null, {}, 5n])(
    'refuses timeoutMs %p, and says what it takes',
    async (timeoutMs) => {
      const { recorder } = await start();
      const handled = recorder.whenHandled({ timeoutMs: timeoutMs as number });
      await expect(handled).rejects.toBeInstanceOf(RecordedEventsError);
      await expect(handled).rejects.toThrow(/'timeoutMs' .* a number of milliseconds from 0/);
    },
  );

  it.each([5, 'x', null, [5]])('refuses %p as options, of assertions, too', async (options) => {
    const { bus, recorder } = await start();
    await bus.fire(Counted, { n: 1 });
    await expect(recorder.whenHandled(options as object)).rejects.toThrow(/must be an object/);
    const assertion = () => recorder.assertFired(Counted, options as object);
    expect(assertion).toThrow(RecordedEventsError);
    expect(assertion).toThrow(/must be an object/);
  });

  it.each([null, 0, '', 'n'])('refuses %p as payload, which would match any', async (payload) => {
    const { bus, recorder } = await start();
    await bus.fire(Counted, { n: 1 });
    const assertion = () => recorder.assertFired(Counted, { payload } as object);
    expect(assertion).toThrow(/'payload' of assertFired must be an object/);
  });
});

describe('EventRecorder.whenHandled under a fake clock', () => {
  afterEach(() => void jest.useRealTimers());

  type Config = Parameters<typeof jest.useFakeTimers>[0];
  const ALL: Config = {};
  const variants: [string, Config][] = [
    ['all of it', ALL],
    ['legacy timers', { legacyFakeTimers: true }],
    ['a Date of the past', { now: 0 }],
    ['what goes on by itself', { advanceTimers: true }],
    [
      'Date alone',
      {
        doNotFake: [
          ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] as const),
          ...(['clearImmediate', 'setInterval', 'clearInterval'] as const),
          ...(['setTimeout', 'clearTimeout'] as const),
        ],
      },
    ],
    ['all but Date', { doNotFake: ['Date'] }],
    ['all but performance', { doNotFake: ['performance'] }],
    [
      'all but timers',
      { doNotFake: ['setTimeout', 'clearTimeout', 'setInterval', 'setImmediate'] },
    ],
  ];

  it.each(variants)('works or times out, with %s', async (_, config) => {
    const { bus, recorder, counter } = await start();
    jest.useFakeTimers(config);
    await bus.fire(Counted, { n: 1 });
    const outcome = await fail(recorder.whenHandled({ timeoutMs: 500 }));
    if (outcome === 'resolved') expect(counter.seen).toEqual([1]);
    else
      expect((outcome as Error).message).toMatch(
        /within 500 ms.*the test's fake clock .*setTimeout/s,
      );
  });

  it.each(variants)('times out where a handler never ends, with %s', async (name, config) => {
    const { bus, recorder, counter } = await start();
    let release: () => void = () => undefined;
    counter.hold = new Promise((resolve) => (release = resolve));
    jest.useFakeTimers(config);
    await bus.fire(Counted, { n: 1 });
    const begin = systemNow();
    const error = await fail(recorder.whenHandled({ timeoutMs: 100 }));
    expect(systemNow() - begin).toBeGreaterThan(95);
    jest.useRealTimers();
    release();
    expect(error).toBeInstanceOf(RecordedEventsError);
    expect((error as Error).message).toContain("group 'test-retrying'");
    const isStopped = !['Date alone', 'what goes on by itself'].includes(name);
    expect((error as Error).message.includes("the test's fake clock")).toBe(isStopped);
  });

  it('says that the clock keeps a handler waiting, and goes on with it', async () => {
    const { bus, recorder, counter } = await start();
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    counter.hold = later(30_000);
    await bus.fire(Counted, { n: 1 });
    const error = await fail(recorder.whenHandled({ timeoutMs: 200 }));
    expect((error as Error).message).toMatch(
      /fake clock is why: it stands in the place of setTimeout, setInterval, so.*real timers/s,
    );
    const handled = recorder.whenHandled({ timeoutMs: 5_000 });
    await jest.advanceTimersByTimeAsync(60_000);
    await handled;
    expect(counter.seen).toEqual([1]);
  });

  it('leaves no timer of its own in the fake clock', async () => {
    const { bus, recorder, counter } = await start();
    counter.failures = Infinity;
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    await bus.fire(Counted, { n: 1 });
    await fail(recorder.whenHandled({ timeoutMs: 50 }));
    const before = jest.getTimerCount();
    await fail(recorder.whenHandled({ timeoutMs: 50 }));
    expect(jest.getTimerCount()).toBe(before);
    jest.useRealTimers();
  });
});
