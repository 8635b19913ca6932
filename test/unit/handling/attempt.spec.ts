import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fillListenerOptions } from '../../../lib/config/options/listener.options.js';
import { HandlerTimeoutError } from '../../../lib/errors.js';
import { countMade } from '../../support/count-made.js';
import { attempt } from '../../../lib/handling/attempt.js';
import type { EventMessage } from '../../../lib/event/event-message.js';
import { Deadline } from '../../../lib/handling/deadline.js';
import type { Listener } from '../../../lib/listener/listener.js';

type Invoke = Listener['invoke'];

const EVENT = { id: 'id', apiName: 'store.orders', eventName: 'placed', version: 1 };

describe('attempt', () => {
  let signal: AbortController;
  /** What it makes stays in memory on Node 20, where nothing counts it: nodejs/node#54614. */
  const any = jest.spyOn(AbortSignal, 'any');
  beforeEach(() => {
    signal = new AbortController();
  });
  afterEach(() => void jest.useRealTimers());

  async function run(invoke: Invoke, timeout?: number, deadline = deadlineOf(timeout)) {
    const options = fillListenerOptions({ timeout });
    const delivery = {
      ...{ nativeId: '1-1', fields: null, deliveryCount: 1, attempts: 0 },
      ...{ streamApi: 'store.orders', stream: 'store.orders.*:stream' },
      ...{ consumerGroup: 'shop-stock', signal: signal.signal, isStopped: false },
    };
    const listener = { place: 'Stock.reserve', invoke, options };
    await attempt(listener, { event: EVENT, payload: {} }, delivery, deadline);
  }

  function deadlineOf(timeout: number | undefined): Deadline | undefined {
    return timeout === undefined ? undefined : new Deadline(timeout);
  }

  it.each([undefined, 1_000])(
    'hands over the message, with a signal (timeout %p)',
    async (timeout) => {
      let received: EventMessage | undefined;
      await run(async (message) => void (received = message), timeout);
      expect(received).toMatchObject({ id: 'id', nativeId: '1-1', payload: {} });
      expect(Object.isFrozen(received)).toBe(true);
      expect(received?.signal).toBeInstanceOf(AbortSignal);
      expect(received?.signal?.aborted).toBe(false);
    },
  );

  it.each([undefined, 1_000])('rejects as the handler does (timeout %p)', async (timeout) => {
    const error = new Error('no stock');
    await expect(run(() => Promise.reject(error), timeout)).rejects.toBe(error);
    const rejectWithUndefined = () => Promise.reject();
    await expect(run(rejectWithUndefined, timeout)).rejects.toBeUndefined();
    const throwing: Invoke = () => {
      throw error;
    };
    await expect(run(throwing, timeout)).rejects.toBe(error);
  });

  it.each([undefined, 1_000])(
    'passes the abortion of its signal on (timeout %p)',
    async (timeout) => {
      let told: unknown;
      const running = run(
        ({ signal }) =>
          new Promise((resolve) => {
            signal?.addEventListener('abort', () => resolve((told = signal.reason) as undefined));
          }),
        timeout,
      );
      const reason = new Error('lost');
      signal.abort(reason);
      await running;
      expect(told).toBe(reason);
    },
  );

  it('fails after the timeout, in words, and tells the handler to stop', async () => {
    let told: AbortSignal | undefined;
    const started = Date.now();
    const failure = await run((message) => {
      told = message.signal;
      return new Promise(() => undefined);
    }, 30).catch((error: unknown) => error);
    expect(Date.now() - started).toBeGreaterThanOrEqual(28);
    expect(failure).toBeInstanceOf(HandlerTimeoutError);
    expect((failure as HandlerTimeoutError).code).toBe('LIGHTBUS_HANDLER_TIMEOUT');
    expect((failure as Error).message).toMatch(/Stock\.reserve did not settle within 30 ms/);
    expect(told?.aborted).toBe(true);
    expect(told?.reason).toBe(failure);
    // The event itself is not lost: only this attempt is over.
    expect(signal.signal.aborted).toBe(false);
  });

  it('has no time limit of its own', async () => {
    jest.useFakeTimers();
    let done: () => void = () => undefined;
    const running = run(() => new Promise((resolve) => (done = resolve)));
    expect(jest.getTimerCount()).toBe(0);
    done();
    await running;
  });

  it('has one timer for all attempts, which keeps no process alive when they are over', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    // Long: where a handler has taken a hundredth of it before it waits, another timer is right.
    const ms = 3_600_000;
    const deadline = new Deadline(ms);
    const ends: Invoke[] = [async () => undefined, () => Promise.reject(new Error('no'))];
    for (const end of [...ends, ...ends]) {
      await run(end, ms, deadline).catch(() => undefined);
    }
    expect(set).toHaveBeenCalledTimes(1);
    const timer = set.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    set.mockRestore();
    clearTimeout(timer);
  });

  it('has no timer and no signal for a handler that waits for nothing', async () => {
    const [timers, signals] = [jest.spyOn(globalThis, 'setTimeout'), countMade('AbortController')];
    await run(() => undefined, 1_000);
    await run(async () => undefined);
    expect([timers.mock.calls.length, signals.count]).toEqual([0, 0]);
    timers.mockRestore();
    signals.restore();
  });

  it('gives each attempt its whole time, whatever ended before it, or ends too late', async () => {
    jest.useFakeTimers();
    const deadline = new Deadline(1_000);
    let endLate: () => void = () => undefined;
    const first = run(() => new Promise((resolve) => (endLate = resolve)), 1_000, deadline);
    const failed = expect(first).rejects.toThrow(HandlerTimeoutError);
    await jest.advanceTimersByTimeAsync(1_000);
    await failed;
    const second = run(() => new Promise(() => undefined), 1_000, deadline);
    let outcome: unknown;
    const settled = second.catch((error: unknown) => (outcome = error));
    await jest.advanceTimersByTimeAsync(500);
    endLate();
    await jest.advanceTimersByTimeAsync(499);
    expect(outcome).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    await settled;
    expect(outcome).toBeInstanceOf(HandlerTimeoutError);
  });

  it('counts what a handler does before it waits for something, for that attempt alone', async () => {
    jest.useFakeTimers();
    const deadline = new Deadline(1_000);
    const never = () => new Promise<void>(() => undefined);
    const outcomes: unknown[] = [];
    const keep = (error: unknown) => void outcomes.push(error);
    const time = jest.spyOn(performance, 'now').mockReturnValue(0);
    const busy: Invoke = () => {
      // Time goes on, and no timer rings meanwhile.
      time.mockReturnValue(700);
      return never();
    };
    void run(busy, 1_000, deadline).catch(keep);
    await jest.advanceTimersByTimeAsync(299);
    expect(outcomes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual([expect.any(HandlerTimeoutError)]);
    void run(never, 1_000, deadline).catch(keep);
    await jest.advanceTimersByTimeAsync(999);
    expect(outcomes).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(outcomes).toHaveLength(2);
    time.mockRestore();
  });

  it('gives an aborted signal to who asks for it when the time is up', async () => {
    let message: EventMessage | undefined;
    const slow: Invoke = (given) => new Promise(() => void (message = given));
    const failure = await run(slow, 5).catch((error: unknown) => error);
    expect(message?.signal?.aborted).toBe(true);
    expect(message?.signal?.reason).toBe(failure);
  });

  it('leaves nothing on the signal of its delivery, however the handler ends', async () => {
    for (let i = 0; i < 100; i++) {
      await run(async () => undefined, 1_000);
      await run(() => Promise.reject(new Error('no')), 1_000).catch(() => undefined);
      await run(() => new Promise(() => undefined), 0).catch(() => undefined);
    }
    expect(getEventListeners(signal.signal, 'abort')).toEqual([]);
    expect(any).not.toHaveBeenCalled();
  });

  it('lets a handler fail later, when nobody waits for it any more', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    let fail: (error: Error) => void = () => undefined;
    await run(() => new Promise((_, reject) => (fail = reject)), 5).catch(() => undefined);
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});
