import { describe, expect, it } from '@jest/globals';
import { parseVersionRange } from '../../../lib/cli/inspect/version-range.js';

describe('parseVersionRange', () => {
  it.each([
    ['2', [2]],
    ['<2', [-1, 0, 1]],
    ['>2', [3]],
    ['<=2', [-1, 0, 1, 2]],
    ['>= 2', [2, 3]],
    ['-1', [-1]],
  ])('%s', (range, versions) => {
    expect([-1, 0, 1, 2, 3].filter(parseVersionRange(range))).toEqual(versions);
  });

  it.each(['', 'x', '=2', '<', '2.5', '>=two', '2 3', '<>1'])('refuses %j', (range) => {
    expect(() => parseVersionRange(range)).toThrow("Expected a version such as 2, '<3' or '>=2'.");
  });
});
