import { describe, expect, it } from '@jest/globals';
import { decide, type Failure, type FailurePolicy } from '../../../lib/handling/failure-policy.js';

const FIRST: Failure = { error: new Error('no'), attempt: 1 };

function policy(onError: FailurePolicy['onError'], maxAttempts = 3): FailurePolicy {
  return { onError, maxAttempts };
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
