import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { payloadText, previewOf } from '../../../lib/dashboard/payload-text.js';

function textOf(value: unknown, longest?: number) {
  const shown = payloadText(value, longest);
  if (shown.kind !== 'text') throw new Error('It is hidden.');
  return shown;
}

describe('payloadText', () => {
  it('is the JSON of any value, whole where there is room', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text, isCut } = textOf(value, Infinity);
        expect(isCut).toBe(false);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('gives no more than is asked for, and says so', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(50), (value, longest) => {
        const whole = textOf(value, Infinity).text;
        const { text, isCut } = textOf(value, longest);
        expect(text.length).toBeLessThanOrEqual(longest);
        expect(isCut).toBe(whole.length > longest);
        // What is shown is the beginning of it, but for an escape that the cut falls into.
        if (!whole.includes('\\')) expect(whole.startsWith(text)).toBe(true);
      }),
    );
  });

  it('grows by a few times at most, however deep it is nested', () => {
    const deep = Array.from({ length: 199 }).reduce<unknown>(
      (value) => [value],
      Array.from({ length: 10_000 }, () => 0),
    );
    expect(textOf(deep, Infinity).text.length).toBeLessThan(1_000_000);
  });

  it('keeps what JavaScript knows of what JSON does not', () => {
    expect(textOf([10n ** 20n, NaN, -Infinity, -0, 0.1]).text).toBe(
      '[\n  100000000000000000000,\n  NaN,\n  -Infinity,\n  -0.0,\n  0.1\n]',
    );
    const value: unknown = JSON.parse('{"__proto__": {"a": "\\u202e\\u0007"}}');
    expect(textOf(value).text).toBe(
      String.raw`{
  "__proto__": {
    "a": "\u202e\u0007"
  }
}`,
    );
  });

  it('does not fail at what is nested deeply', () => {
    let value: unknown = 'the end';
    for (let i = 0; i < 50_000; i++) value = [value];
    expect(textOf(value, Infinity).text).toContain('nested too deeply');
  });
});

describe('previewOf', () => {
  it('is short, on one line', () => {
    expect(previewOf({ a: 'x\ny', b: [1, { c: null }] })).toBe(
      '{"a": "x\\ny", "b": [1, {"c": null}]}',
    );
    const long = previewOf({ a: 'x'.repeat(10_000_000) });
    expect(long).toMatch(/^\{"a": "x{100,}…$/);
    expect(long.length).toBeLessThan(210);
  });
});
