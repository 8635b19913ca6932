import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../lib/timing/backoff.js';

describe('backoffMs', () => {
  const longest = (attempt: number) => backoffMs(attempt, 100, 5_000, () => 1);

  it('doubles from attempt to attempt, up to its cap', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(longest)).toEqual([
      100, 200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  it('spreads the delay over its upper half', () => {
    expect(backoffMs(4, 100, 5_000, () => 0)).toBe(400);
    expect(backoffMs(4, 100, 5_000, () => 0.5)).toBe(600);
    const delays = Array.from({ length: 200 }, () => backoffMs(9, 100, 5_000));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2_500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5_000);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });

  it('stays at its cap after any number of attempts, and never becomes no delay', () => {
    for (const attempt of [100, 1_100, Number.MAX_SAFE_INTEGER]) {
      expect(backoffMs(attempt, 100, 5_000, () => 0)).toBe(2_500);
    }
  });

  it('never exceeds a cap below its base', () => {
    expect(backoffMs(1, 100, 30, () => 1)).toBe(30);
  });
});
