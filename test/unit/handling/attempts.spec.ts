import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fillListenerOptions } from '../../../lib/config/listener.options.js';
import { EventProcessor, type ProcessorParts } from '../../../lib/handling/event-processor.js';
import { Event } from '../../../lib/event/event.decorator.js';
import type { Listener } from '../../../lib/listener/listener.js';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import { Subscription } from '../../../lib/reading/subscription.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { waitFor } from '../../support/wait-for.js';

const stream = 'store.orders.*:stream';
const ref = { stream, group: 'shop-stock', consumer: 'w1' };

@Event('store.orders.placed')
class OrderPlaced {
  n!: number;
}

/** What becomes of one attempt; `killed`: of the whole process, at once or while it waits for the next. */
type Outcome = 'handled' | 'failed' | 'killed' | 'killed_later';

/** One process after the other, under one name, with a listener that sets aside after four attempts. */
describe('Attempts of processes that end in the middle of one', () => {
  let memory: MemoryStore;
  let started: number;
  let tried: number[];
  let outcomeOf: (n: number) => Outcome;
  let stopping: AbortController;

  beforeEach(async () => {
    memory = new MemoryStore();
    [started, tried] = [0, []];
    stopping = new AbortController();
    const entries = [1, 2, 3].map((n) => [
      ...['id', `id-${n}`, 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'],
      ...[':n', String(n)],
    ]);
    await memory.append(stream, entries, { maxLength: null, timeoutMs: 1_000 });
  });
  afterEach(() => stopping.abort());

  /** Runs a process until it is killed (true), or has nothing more to do. */
  async function runProcess(): Promise<boolean> {
    const holder = { host: 'here', pid: 1, since: 'now', token: `process ${++started}` };
    let killed = false;
    let doomed = false;
    const store = new Proxy(memory, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          // What a dead process has not sent yet is never sent.
          if (killed) return new Promise(() => undefined);
          killed = doomed && name === 'recordAttempts';
          return Reflect.apply(value, target, args);
        };
      },
    });
    const subscription = new Subscription({
      since: '0',
      shared: new SharedReading(holder),
      mayGrow: false,
      sources: () =>
        Promise.resolve([
          {
            ...{ apiName: 'store.orders', store, ref, restartDelayMs: 1 },
            settings: {
              ...{ batchSize: 10, reclaimBatchSize: 10, consumerTtlMs: 60_000 },
              ...{ acknowledgementTimeoutMs: 60_000, reclaimIntervalMs: 60_000 },
            },
          },
        ]),
      onChange: () => undefined,
    });
    const listener: Listener = {
      name: 'stock',
      place: 'Stock.reserve (StockModule)',
      selections: [{ apiName: 'store.orders', eventName: 'placed', type: OrderPlaced }],
      options: fillListenerOptions({ onError: 'dead_letter', maxAttempts: 4 }),
      invoke: async ({ payload }) => {
        // The loop of a dead process goes on here: what it does after its next delay must not count.
        if (killed) await new Promise(() => undefined);
        const n = Number(payload.n);
        tried.push(n);
        const outcome = outcomeOf(n);
        doomed = outcome === 'killed_later';
        if (outcome === 'failed' || doomed) throw new Error('no stock');
        if (outcome === 'handled') return;
        killed = true;
        await new Promise(() => undefined);
      },
    };
    const settings = { cast_values: true, strict_validation: false, validate: { incoming: false } };
    const silent = Object.fromEntries(
      ['debug', 'log', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]),
    );
    const processor = new EventProcessor({
      ...{ listener, entries: subscription, stopping: stopping.signal },
      stores: { forApi: () => ({ settings }) },
      logger: silent,
      onShutdown: () => undefined,
    } as unknown as ProcessorParts);
    const running = processor.run();
    await waitFor(() => killed || (tried.length > 0 && memory.backlog().length === 0));
    if (killed) {
      // Its lease is over.
      await memory.beat(holder, 0);
      return true;
    }
    stopping.abort();
    await running;
    await subscription.close(AbortSignal.timeout(1_000));
    return false;
  }

  /** Starts processes until one stays alive. @returns how many were killed. */
  async function runAll(): Promise<number> {
    let kills = 0;
    while (await runProcess()) expect(++kills).toBeLessThan(20);
    return kills;
  }

  async function setAside(): Promise<[n: string | undefined, attempts: number][]> {
    const letters = await memory.deadLetters(ref, { start: '-', end: '+', count: 10 });
    return letters.map(({ fields, report }) => [fields?.at(-1), report!.attempts]);
  }

  it('count for the event that was being handled, not for those that were only fetched with it', async () => {
    const failures = new Map([
      [2, 1],
      [3, 3],
    ]);
    outcomeOf = (n) => {
      if (n === 1) return 'killed';
      const left = failures.get(n) ?? 0;
      failures.set(n, left - 1);
      return left > 0 ? 'failed' : 'handled';
    };

    expect(await runAll()).toBe(4);

    // 1 is set aside before a fifth attempt; 2 and 3 have all of theirs.
    expect(tried).toEqual([1, 1, 1, 1, 2, 2, 3, 3, 3, 3]);
    expect(await setAside()).toEqual([['1', 4]]);
  });

  it('do not count once more while the event waits for its next one', async () => {
    const outcomes: Outcome[] = ['killed_later', 'killed_later', 'killed_later', 'failed'];
    outcomeOf = (n) => (n === 1 ? (outcomes.shift() ?? 'handled') : 'handled');
    expect(await runAll()).toBe(3);
    expect(tried).toEqual([1, 1, 1, 1, 2, 3]);
    expect(await setAside()).toEqual([['1', 4]]);
  });

  it('never set aside what was handled each time, but not acknowledged before the next event killed the process', async () => {
    outcomeOf = (n) => (n === 3 ? 'killed' : 'handled');
    expect(await runAll()).toBeLessThanOrEqual(6);
    expect(await setAside()).toEqual([['3', 4]]);
    expect(tried.filter((n) => n === 1).length).toBeLessThanOrEqual(2);
    expect(tried.filter((n) => n === 2).length).toBeLessThanOrEqual(3);
  });
});
