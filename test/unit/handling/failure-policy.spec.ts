import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  fillListenerOptions,
  type ListenerOverrides,
} from '../../../lib/config/options/listener.options.js';
import { decide, type Failure, type FailurePolicy } from '../../../lib/handling/failure-policy.js';

const FIRST: Failure = { error: new Error('no'), attempt: 1, failingMs: 0 };

function policy(
  onError: FailurePolicy['onError'],
  maxAttempts = 3,
  more: Partial<ListenerOverrides> = {},
): FailurePolicy {
  return fillListenerOptions({ onError, maxAttempts, ...more });
}

describe('decide', () => {
  it.each([
    ['shutdown', { kind: 'shutdown' }],
    ['acknowledge_and_log', { kind: 'acknowledge' }],
  ] as const)('%s acts on the first failure, and on any other', (onError, action) => {
    expect(decide(policy(onError), FIRST)).toEqual(action);
    expect(decide(policy(onError), { ...FIRST, attempt: 99 })).toEqual(action);
  });

  it('retry tries again for ever, with delays that double up to 30 s', () => {
    const delays = [1, 2, 3, 8, 9, 10, 100, 10_000].map((attempt) =>
      decide(policy('retry'), { ...FIRST, attempt }, () => 1),
    );
    expect(delays).toEqual(
      [100, 200, 400, 12_800, 25_600, 30_000, 30_000, 30_000].map((delayMs) => ({
        kind: 'retry',
        delayMs,
      })),
    );
  });

  it('spreads each delay over its upper half by chance', () => {
    const delayOf = (random: number) =>
      decide(policy('retry'), { ...FIRST, attempt: 4 }, () => random);
    expect([0, 0.5, 1].map(delayOf)).toEqual([
      { kind: 'retry', delayMs: 400 },
      { kind: 'retry', delayMs: 600 },
      { kind: 'retry', delayMs: 800 },
    ]);
  });

  it('is random on its own, too', () => {
    const delays = new Set(
      Array.from({ length: 50 }, () => {
        const action = decide(policy('retry'), { ...FIRST, attempt: 9 });
        return action.kind === 'retry' ? action.delayMs : -1;
      }),
    );
    expect(delays.size).toBeGreaterThan(10);
    for (const delay of delays) {
      expect(delay).toBeGreaterThanOrEqual(12_800);
      expect(delay).toBeLessThanOrEqual(25_600);
    }
  });

  describe('dead_letter', () => {
    it.each([
      [1, 3, 'retry'],
      [2, 3, 'retry'],
      [3, 3, 'dead_letter'],
      [4, 3, 'dead_letter'],
      [1, 1, 'dead_letter'],
    ] as const)('after attempt %i, with at most %i: %s', (attempt, maxAttempts, kind) => {
      const action = decide(policy('dead_letter', maxAttempts), { ...FIRST, attempt });
      expect(action.kind).toBe(kind);
    });

    it('waits between attempts as retry does', () => {
      expect(decide(policy('dead_letter', 9), { ...FIRST, attempt: 3 }, () => 1)).toEqual({
        kind: 'retry',
        delayMs: 400,
      });
    });
  });

  describe('dead_letter by time', () => {
    const backoffs = fc.record(
      {
        initial: fc.integer({ min: 2_000, max: 10_000 }),
        factor: fc.double({ min: 1, max: 10, noNaN: true }),
      },
      { requiredKeys: [] },
    );

    it('makes the last attempt when the time is over, unless there were enough before', () => {
      const limits = fc.record({
        backoff: backoffs,
        retryFor: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
        maxAttempts: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
      });
      fc.assert(
        fc.property(limits, fc.double({ min: 0, max: 1, noNaN: true }), (options, random) => {
          const { retryFor, maxAttempts } = options;
          const given = fillListenerOptions({ onError: 'dead_letter', ...options });
          let [attempt, failingMs] = [1, 0];
          const act = () => decide(given, { ...FIRST, attempt, failingMs }, () => random);
          for (let action = act(); action.kind === 'retry'; action = act()) {
            if (action.delayMs < 1) throw new Error('no delay');
            attempt += 1;
            failingMs += action.delayMs;
          }
          const limitMs = retryFor ?? (maxAttempts === undefined ? 15 * 60_000 : Infinity);
          expect(failingMs === limitMs || attempt === maxAttempts).toBe(true);
          expect(failingMs).toBeLessThanOrEqual(limitMs);
          expect(attempt).toBeLessThanOrEqual(maxAttempts ?? Infinity);
        }),
        { numRuns: 100 },
      );
    });

    it('has no effect on retry, which waits no less for it', () => {
      const { retryFor, ...others } = fillListenerOptions({ onError: 'retry', retryFor: 5 });
      const failure = { ...FIRST, attempt: 20, failingMs: 9_999 };
      expect(decide({ ...others, retryFor }, failure, () => 1)).toEqual({
        kind: 'retry',
        delayMs: 30_000,
      });
    });
  });

  it('waits as its backoff says', () => {
    const backoff = { initial: 10, max: 90, factor: 3 };
    const delays = [1, 2, 3, 4, 9_999].map((attempt) =>
      decide(policy('retry', 3, { backoff }), { ...FIRST, attempt }, () => 1),
    );
    expect(delays).toEqual([10, 30, 90, 90, 90].map((delayMs) => ({ kind: 'retry', delayMs })));
  });

  it('never looks at what was thrown', () => {
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('looked');
        },
      },
    );
    for (const error of [undefined, null, '', throwing]) {
      expect(decide(policy('acknowledge_and_log'), { ...FIRST, error }).kind).toBe('acknowledge');
    }
  });
});
