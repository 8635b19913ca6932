import { describe, expect, it } from '@jest/globals';
import { check, compete } from './competing.js';

// `npm run chaos -- --scenario competing` has 50 processes.
it('decides on nothing but the truth, while processes compete for one entity and Redis is killed', async () => {
  const { stored, accepted, violations } = await compete({
    ...{ processes: 4, changes: 80, restarts: 1 },
  });

  expect(violations).toEqual([]);
  // It was no walk in the park, and nobody was left out.
  expect(accepted.length).toBeGreaterThan(70);
  expect(new Set(stored.map(({ by }) => by)).size).toBe(4);
}, 120_000);

describe('the check', () => {
  const move = (i: number, by: string, before: number) => {
    return { nativeId: `1-${i}`, by, n: i, version: i - 1, before, amount: 1 };
  };
  const story = [move(1, 'a', 0), move(2, 'b', 1)];

  it('finds nothing in decisions that were made on the truth', () => {
    const accepted = [{ by: 'b', n: 2, nativeId: '1-2', sequence: 2 }];
    expect(check(story, accepted)).toEqual([]);
  });

  it.each([
    ['a lost update', [move(1, 'a', 0), { ...move(2, 'b', 0), version: 0 }], /version 0.*event 2/],
    ['a state that never was', [move(1, 'a', 0), move(2, 'b', 7)], /made on 7.*was 1/],
    ['what is stored twice', [story[0], { ...move(2, 'a', 1), n: 1 }], /twice/],
  ])('finds %s', (_, stored, found) => {
    expect(check(stored as typeof story, []).join()).toMatch(found);
  });

  it('finds what was accepted and is gone', () => {
    const accepted = [{ by: 'c', n: 3, nativeId: '1-3', sequence: 3 }];
    expect(check(story, accepted).join()).toMatch(/is not there/);
  });
});
