import { describe, expect, it } from '@jest/globals';
import { makeClock } from '../../../lib/timing/clock.js';

describe('clock', () => {
  let [wall, monotonic] = [1_700_000_000_000, 5_000];
  const clock = makeClock(
    () => Math.floor(wall),
    () => monotonic,
  );

  function pass(ms: number): void {
    wall += ms;
    monotonic += ms;
  }

  it('runs as fast as time, however often it is read', () => {
    const start = clock.now();
    for (let i = 0; i < 10_000; i++) {
      pass(0.3);
      clock.now();
    }
    expect(Math.abs(clock.now() - start - 3_000)).toBeLessThan(2);
  });

  it('goes on, and not faster, where the wall clock is set back', () => {
    for (const ms of [60_000, 3_600_000, 1_000]) {
      const start = clock.now();
      wall -= ms;
      expect(clock.now()).toBe(start);
      pass(500);
      expect(clock.now() - start).toBe(500);
    }
  });

  it('goes on while the monotonic clock stands still', () => {
    const start = clock.now();
    wall += 7_200_000;
    expect(Math.abs(clock.now() - start - 7_200_000)).toBeLessThan(2);
    pass(1_000);
    expect(Math.abs(clock.now() - start - 7_201_000)).toBeLessThan(2);
  });
});
