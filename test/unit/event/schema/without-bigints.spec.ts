import { describe, expect, it } from '@jest/globals';
import { withoutBigints } from '../../../../lib/event/schema/without-bigints.js';

describe('withoutBigints', () => {
  it('has the nearest number in the place of each bigint, at any depth, and all else as it was', () => {
    const read = { big: 2n ** 64n, list: [1n, { deep: -5n }], text: '1n', nothing: null, nan: NaN };
    const before = structuredClone(read);

    expect(withoutBigints(read)).toEqual({
      ...{ big: 2 ** 64, list: [1, { deep: -5 }] },
      ...{ text: '1n', nothing: null, nan: NaN },
    });
    expect(read).toEqual(before);
    expect(withoutBigints(7n)).toBe(7);
  });

  it('keeps properties named __proto__ as properties', () => {
    const read = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const made = withoutBigints(read) as object;
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(Object.keys(made)).toEqual(['__proto__']);
  });
});
