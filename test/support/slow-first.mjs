import TestSequencer from '@jest/test-sequencer';

/** Folders of tests that start processes, or wait for them. */
const SLOW = /[/\\]test[/\\](package|chaos|e2e)[/\\]/;

/**
 * The order in which Jest begins test files: those that took the longest, as it remembers. In a new
 * clone it would begin with the largest ones, and some of the slowest are small: they would be left
 * for the end, where one runs alone.
 */
export default class SlowFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ duration, path }) => (duration === undefined && SLOW.test(path) ? 0 : 1);
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
