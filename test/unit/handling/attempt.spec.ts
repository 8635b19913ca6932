import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fillListenerOptions } from '../../../lib/config/options/listener.options.js';
import { HandlerTimeoutError } from '../../../lib/errors.js';
import { attempt } from '../../../lib/handling/attempt.js';
import type { EventMessage } from '../../../lib/event/event-message.js';

type Invoke = (message: EventMessage) => Promise<void>;

const EVENT = { id: 'id', apiName: 'store.orders', eventName: 'placed', version: 1 };

describe('attempt', () => {
  let signal: AbortController;
  /** What it makes stays in memory on Node 20, where nothing counts it: nodejs/node#54614. */
  const any = jest.spyOn(AbortSignal, 'any');
  beforeEach(() => {
    signal = new AbortController();
  });
  afterEach(() => void jest.useRealTimers());

  function run(invoke: Invoke, timeoutMs?: number): Promise<void> {
    const options = fillListenerOptions({ timeout: timeoutMs });
    const delivery = {
      ...{ nativeId: '1-1', fields: null, deliveryCount: 1, attempts: 0 },
      ...{ streamApi: 'store.orders', stream: 'store.orders.*:stream' },
      ...{ consumerGroup: 'shop-stock', signal: signal.signal },
    };
    return attempt(
      { place: 'Stock.reserve', invoke, options },
      { event: EVENT, payload: {} },
      delivery,
    );
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

  it('leaves no timer behind, however the handler ends', async () => {
    jest.useFakeTimers();
    await run(async () => undefined, 1_000);
    await run(() => Promise.reject(new Error('no')), 1_000).catch(() => undefined);
    expect(jest.getTimerCount()).toBe(0);
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
