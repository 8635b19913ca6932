import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  fillListenerOptions,
  type ListenerOverrides,
} from '../../../lib/config/options/listener.options.js';
import { WorkState } from '../../../lib/handling/work-state.js';
import { EventProcessor, type ProcessorParts } from '../../../lib/handling/event-processor.js';
import { Event } from '../../../lib/event/event.decorator.js';
import type { Listener } from '../../../lib/listener/listener.js';
import { SharedReading } from '../../../lib/reading/shared-reading.js';
import { Subscription } from '../../../lib/reading/subscription.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { waitFor } from '../../support/wait-for.js';
import { noSchemas } from '../../support/no-schemas.js';

const STREAM = 'store.orders.placed:stream';
const GROUP = 'shop-stock';
const TIMEOUT_MS = 60_000;

@Event('store.orders.placed')
class OrderPlaced {
  n!: number;
}

/** What becomes of one attempt; `killed`: of the whole process, at once or while it waits for the next. */
type Outcome = 'handled' | 'failed' | 'killed' | 'killed_later';

/** One process after the other, with a listener that sets aside after four attempts. */
describe('Attempts of processes that end in the middle of one', () => {
  let memory: MemoryStore;
  /** Of each entry, its stream. */
  let streams: string[];
  /** How far the store's clock is ahead, ms. */
  let skippedMs: number;
  let started: number;
  let tried: number[];
  let outcomeOf: (n: number) => Outcome;
  let stopping: AbortController;
  let limits: ListenerOverrides;

  beforeEach(async () => {
    limits = { maxAttempts: 4 };
    await store([STREAM, STREAM, STREAM]);
  });
  afterEach(() => stopping.abort());

  /** Entries with the numbers 1, 2, 3, …: one on each of these streams. */
  async function store(on: readonly string[]): Promise<void> {
    [started, tried, skippedMs, streams] = [0, [], 0, [...on]];
    memory = new MemoryStore({ now: () => Date.now() + skippedMs });
    stopping = new AbortController();
    for (const [i, stream] of on.entries()) {
      const entry = [
        ...['id', `id-${i + 1}`, 'api_name', 'store.orders', 'event_name', 'placed'],
        ...['version', '1', ':n', String(i + 1)],
      ];
      await memory.append(stream, [entry], { maxLength: null, timeoutMs: 1_000 });
      // Their ids tell in which order they were stored.
      skippedMs += 1;
    }
  }

  /** Runs a process until it is killed (true), or has nothing more to do. */
  async function runProcess(consumer: string): Promise<boolean> {
    const holder = { host: 'here', pid: 1, since: 'now', token: `process ${++started}` };
    let killed = false;
    let doomed = false;
    const link = new Proxy(memory, {
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
        Promise.resolve(
          [...new Set(streams)].map((stream) => ({
            ...{ apiName: 'store.orders', store: link, restartDelayMs: 1 },
            ref: { stream, group: GROUP, consumer },
            settings: {
              ...{ batchSize: 10, reclaimBatchSize: 2, consumerTtlMs: 60_000 },
              ...{ acknowledgementTimeoutMs: TIMEOUT_MS, reclaimIntervalMs: TIMEOUT_MS },
            },
          })),
        ),
      onChange: () => undefined,
    });
    const listener: Listener = {
      name: 'stock',
      place: 'Stock.reserve (StockModule)',
      selections: [{ apiName: 'store.orders', eventName: 'placed', type: OrderPlaced }],
      registry: { typeOf: () => undefined },
      options: fillListenerOptions({ onError: 'dead_letter', ...limits }),
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
    const settings = {
      event_transport: { kind: 'memory' },
      cast_values: true,
      strict_validation: false,
      validate: { incoming: false },
    };
    const silent = Object.fromEntries(
      ['debug', 'log', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]),
    );
    const processor = new EventProcessor({
      work: new WorkState(),
      schemas: noSchemas(),
      config: { configArguments: [], redisFrom: undefined },
      ...{ listener, entries: subscription, stopping: stopping.signal },
      stores: { forApi: () => ({ settings }) },
      logger: silent,
      onShutdown: () => undefined,
    } as unknown as ProcessorParts);
    const running = processor.run();
    await waitFor(() => killed || (tried.length > 0 && memory.backlog().length === 0));
    if (killed) {
      await memory.beat(holder, 0);
      skippedMs += TIMEOUT_MS;
      return true;
    }
    stopping.abort();
    await running;
    await subscription.close(AbortSignal.timeout(1_000));
    return false;
  }

  /** Starts processes until one stays alive. @returns how many were killed. */
  async function runAll(nameOf: () => string = () => 'w1'): Promise<number> {
    let kills = 0;
    while (await runProcess(nameOf())) expect(++kills).toBeLessThan(100);
    return kills;
  }

  async function setAside(): Promise<[n: string | undefined, attempts: number][]> {
    const letters = await Promise.all(
      [...new Set(streams)].map((stream) =>
        memory.deadLetters({ stream, group: GROUP }, { start: '-', end: '+', count: 10 }),
      ),
    );
    return letters.flat().map(({ fields, report }) => [fields?.at(-1), report!.attempts]);
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

  it('count after a failed one of the same process, too', async () => {
    const outcomes: Outcome[] = ['failed', 'killed', 'failed', 'killed'];
    outcomeOf = (n) => (n === 1 ? (outcomes.shift() ?? 'handled') : 'handled');
    expect(await runAll()).toBe(2);
    expect(tried).toEqual([1, 1, 1, 1, 2, 3]);
    expect(await setAside()).toEqual([['1', 4]]);
  });

  it.each([
    ['under the same name', ['w1']],
    ['under another name each time', ['w1', 'w2', 'w3']],
  ])('end with the time of the event, one after that included, %s', async (_, names) => {
    limits = { retryFor: 2.5 * TIMEOUT_MS };
    outcomeOf = (n) => (n === 1 ? 'killed' : 'handled');
    // The first kill is found after one TIMEOUT_MS: from then on it counts. The time is over at the fifth attempt.
    await runAll(() => names[started % names.length]!);
    expect(tried.filter((n) => n === 1)).toHaveLength(5);
    expect(tried).toEqual(expect.arrayContaining([2, 3]));
    expect(await setAside()).toEqual([['1', 5]]);
  });

  it.each<[string, Outcome, string[][]]>([
    ['fails', 'failed', [['1']]],
    ['succeeds', 'handled', []],
  ])(
    'go on with one that %s after all was down for longer than that',
    async (_, second, letters) => {
      limits = { retryFor: '15m' };
      const outcomes: Outcome[] = ['killed_later', second];
      outcomeOf = (n) => (n === 1 ? (outcomes.shift() ?? 'failed') : 'handled');
      expect(await runProcess('w1')).toBe(true);
      skippedMs += 3_600_000;
      expect(await runProcess('w2')).toBe(false);
      expect(tried).toEqual([1, 1, 2, 3]);
      expect((await setAside()).map(([n]) => [n])).toEqual(letters);
    },
  );

  it.each([
    ['under the same name', ['w1']],
    ['under another name each time', ['w1', 'w2', 'w3']],
  ])('count on one stream only, however many are read, %s', async (_, names) => {
    await store(['a.b:stream', 'a.c:stream', 'a.d:stream']);
    const failures: Outcome[] = ['failed', 'failed', 'failed'];
    outcomeOf = (n) => (n === 2 ? 'killed' : (n === 3 && failures.shift()) || 'handled');
    const kills = await runAll(() => names[started % names.length]!);
    expect(await setAside()).toEqual([['2', 4]]);
    // The first one was handled, and perhaps not acknowledged, when the second one killed the process.
    expect(kills).toBeLessThanOrEqual(5);
  });

  it('set aside what was tried four times, and nothing else, whatever happens on however many streams', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = randomOf(seed);
      const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
      const names = pick([['w1'], ['w1', 'w2'], ['w1', 'w2', 'w3', 'w4']]);
      await store(
        Array.from({ length: 8 }, () => pick(['a.b:stream', 'a.c:stream', 'a.d:stream'])),
      );
      const bad: Outcome[][] = streams.map(() =>
        Array.from({ length: pick([0, 0, 1, 3, 4, 12]) }, () =>
          pick<Outcome>(['killed', 'killed', 'killed', 'killed_later', 'killed_later', 'failed']),
        ),
      );
      const withAtLeast = (count: number) =>
        bad.flatMap(({ length }, i) => (length >= count ? [String(i + 1)] : []));
      const [mayBe, mustBe] = [withAtLeast(4), withAtLeast(12)];
      outcomeOf = (n) => bad[n - 1]!.shift() ?? 'handled';

      await runAll(() => pick(names));

      const letters = await setAside();
      const aside = letters.map(([n]) => n!).sort();
      // One that a kill counts for may be the one before it, which was handled and not acknowledged yet.
      const wrong = aside.filter((n) => !mayBe.includes(n));
      const missing = mustBe.filter((n) => !aside.includes(n));
      expect({ seed, wrong, missing }).toEqual({ seed, wrong: [], missing: [] });
      for (const [n, attempts] of letters) {
        expect(attempts).toBe(4);
        expect(tried.filter((one) => String(one) === n).length).toBeGreaterThanOrEqual(4);
      }
    }
  });
});

/** Numbers from 0 to 1, the same for each seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
