import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { prefixesOf } from '../../../../lib/store/redis/key-prefixes.js';

const names = fc.array(
  fc
    .array(fc.constantFrom('store', 'orders', 'a', 'b', 'placed', 'x1'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.join('.')),
  { minLength: 1, maxLength: 60 },
);

describe('the prefixes of the names of streams', () => {
  it('are the names themselves where these are few, without one that begins with another', () => {
    expect(prefixesOf(['b', 'a.b', 'a'])).toEqual(['a', 'b']);
  });

  it('are what many have in common', () => {
    const many = Array.from({ length: 17 }, (_, i) => `store.orders.e${i}:stream`);
    expect(prefixesOf(many)).toEqual(['store.orders.']);
    expect(prefixesOf([...many, 'mails'])).toEqual(['mails', 'store.orders.']);
  });

  it('are more than 16 only where the names have nothing in common', () => {
    const strangers = Array.from({ length: 20 }, (_, i) => `s${i}x`);
    expect(prefixesOf(strangers)).toHaveLength(20);
  });

  it('cover each name with exactly one', () => {
    fc.assert(
      fc.property(names, (given) => {
        const prefixes = prefixesOf(given);
        for (const name of given) {
          expect(prefixes.filter((prefix) => name.startsWith(prefix))).toHaveLength(1);
        }
      }),
    );
  });
});
