import { describe, expect, it } from '@jest/globals';
import { describeError, stackOf } from '../../../lib/handling/describe-error.js';
import { THROWN_VALUES } from './thrown-values.js';

describe('describeError', () => {
  it.each(Object.keys(THROWN_VALUES))('tells %s in words, and never throws', (name) => {
    const thrown = THROWN_VALUES[name];
    const text = describeError(thrown);
    expect(typeof text).toBe('string');
    expect(JSON.parse(JSON.stringify({ text }))).toEqual({ text });
    const stack = stackOf(thrown);
    expect(['undefined', 'string']).toContain(typeof stack);
  });

  it.each([
    [new Error('no stock'), 'no stock'],
    [new TypeError(''), 'TypeError'],
    ['plain words', 'plain words'],
    [undefined, 'a thrown value that is no Error: undefined'],
    [null, 'a thrown value that is no Error: null'],
    [{ code: 42 }, 'a thrown value that is no Error: { code: 42 }'],
    [Symbol('sign'), 'a thrown value that is no Error: Symbol(sign)'],
    [10n, 'a thrown value that is no Error: 10n'],
  ])('of %p is %j', (thrown, words) => {
    expect(describeError(thrown)).toBe(words);
  });

  it('is bounded', () => {
    const huge = 'x'.repeat(1_000_000);
    expect(describeError(new Error(huge)).length).toBeLessThan(10_100);
    expect(describeError({ huge }).length).toBeLessThan(10_100);
    expect(stackOf(Object.assign(new Error(), { stack: huge }))!.length).toBeLessThan(10_100);
  });

  it('keeps the stack of an error', () => {
    expect(stackOf(new Error('no stock'))).toMatch(/^Error: no stock\n.*describe-error\.spec/s);
    expect(stackOf({ stack: 'text' })).toBeUndefined();
  });
});
