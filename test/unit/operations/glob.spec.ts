import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseGlob } from '../../../lib/operations/glob.js';

describe('parseGlob', () => {
  it.each([
    ['store.orders', 'store.orders', true],
    ['store.orders', 'storeXorders', false],
    ['store.*', 'store.orders', true],
    ['store.*', 'my.store.orders', false],
    ['*orders', 'store.orders', true],
    ['*', '', true],
    ['user_*ed', 'user_registered', true],
    ['user_*ed', 'user_registering', false],
    ['a+(b)[c]', 'a+(b)[c]', true],
    ['na*ve', 'naïve', true],
    ['a**b', 'ab', true],
    ['ab*ba', 'aba', false],
    ['*ab*ab', 'ab', false],
    ['', '', true],
    ['', 'a', false],
  ])('%s finds %s: %s', (pattern, name, found) => {
    expect(parseGlob(pattern).test(name)).toBe(found);
  });

  it('is what a regular expression is in which a star is any text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll(/\*+/g, '.*')}$`, 's');
        expect(parseGlob(pattern).test(name)).toBe(expression.test(name));
      }),
    );
  });

  it('has an end, whatever pattern and name are', () => {
    expect(parseGlob(`${'*a'.repeat(1_000)}b`).test('a'.repeat(100_000))).toBe(false);
  });
});
