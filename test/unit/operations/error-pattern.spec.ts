import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorPattern } from '../../../lib/operations/error-pattern.js';

describe('errorPattern', () => {
  it.each([
    ['no charge for 17', 'no charge for …'],
    ['connect ECONNREFUSED 127.0.0.1:6379', 'connect ECONNREFUSED …'],
    ['order 0190f5a2-8c1e-7b4a-9f00-1234567890ab is gone', 'order … is gone'],
    ['order ord_8fK2 of user-42 is gone', 'order … of … is gone'],
    [`can't find "Mary Ann" in 'the list'`, `can't find … in …`],
    ['no user mary.ann@example.org here', 'no user … here'],
    ['since 2026-11-28T14:38:53.120Z, after -3.5 s', 'since …, after … s'],
    ['tried 1, 2, 3 and 4', 'tried … and …'],
    ['one\n  two\tthree', 'one two three'],
    ['', ''],
  ])('of %j is %j', (message, pattern) => {
    expect(errorPattern(message)).toBe(pattern);
  });

  it('is the same whatever number, id or quoted value is in its place', () => {
    const value = fc.oneof(
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.uuid(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.string().map((text) => JSON.stringify(text.replace(/["\\]/g, ''))),
      fc.stringMatching(/^[A-Z]{2,5}-\d{1,9}$/),
    );
    fc.assert(
      fc.property(
        value,
        (text) => errorPattern(`Payment of ${text} failed`) === 'Payment of … failed',
      ),
    );
  });

  it('is bounded, and takes no longer for texts that are made to take long', () => {
    for (const one of ['a', '1', '"', "'", '“', '`', '@', '-', '… ', " '", '1-', '\ud800']) {
      expect(errorPattern(one.repeat(1_000_000)).length).toBeLessThanOrEqual(300);
    }
  });
});
