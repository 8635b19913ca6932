import { describe, expect, it } from '@jest/globals';
import { describeDrained } from '../../../lib/lifecycle/describe-drained.js';

describe('describeDrained', () => {
  it.each([
    [0, [0], 'Drained in 0.0 s: 1 listener.'],
    [312, [0, 0], 'Drained in 0.3 s: 2 listeners.'],
    [
      30_049,
      [0, 1, 0],
      'Drained in 30.0 s: 3 listeners. 1 event left pending, not finished in time (l1).',
    ],
    [
      1_000,
      [2, 1],
      'Drained in 1.0 s: 2 listeners. 3 events left pending, not finished in time (l0, l1).',
    ],
  ])('%d ms, %j', (ms, unfinished, line) => {
    const stopped = unfinished.map((count, i) => ({ listener: `l${i}`, unfinished: count }));
    expect(describeDrained(ms, stopped)).toBe(line);
  });
});
