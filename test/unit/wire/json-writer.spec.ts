import { describe, expect, it } from '@jest/globals';
import { EventSerializationError } from '../../../lib/fire-errors.js';
import { parse } from '../../../lib/wire/json-reader.js';
import { stringify } from '../../../lib/wire/json-writer.js';

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('stringify', () => {
  it.each<[unknown, string]>([
    ['hello', '"hello"'],
    ['say "hi" \\ it\'s', '"say \\"hi\\" \\\\ it\'s"'],
    ['</script>&/', '"</script>&/"'],
    ['\b\f\n\r\t\0\x1f', '"\\b\\f\\n\\r\\t\\u0000\\u001f"'],
    ['\x7f\u0080é\u2028', '"\\u007f\\u0080\\u00e9\\u2028"'],
    ['😀', '"\\ud83d\\ude00"'],
    ['\ud800x', '"\\ud800x"'],
    [42, '42'],
    [3.0, '3'],
    [-7, '-7'],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'null'],
    [12345678901234567890n, '12345678901234567890'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('writes the scalar %p', (value, json) => {
    expect(stringify(value)).toBe(json);
  });

  it.each<[number, string]>([
    [-0, '-0.0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [0.0001, '0.0001'],
    [0.00001234, '1.234e-05'],
    [1e-7, '1e-07'],
    [-1e-7, '-1e-07'],
    [5e-324, '5e-324'],
    [2 ** 53, '9007199254740992.0'],
    [1e16, '1e+16'],
    [1e21, '1e+21'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('writes %d as Python writes that float', (value, json) => {
    expect(stringify(value)).toBe(json);
  });

  it('separates as Python does and sorts keys at every level', () => {
    expect(stringify({ z: 1, a: { y: [1, { c: 3, b: 2 }], x: null }, é: 'ü' })).toBe(
      '{"a": {"x": null, "y": [1, {"b": 2, "c": 3}]}, "z": 1, "\\u00e9": "\\u00fc"}',
    );
    expect(stringify({})).toBe('{}');
    expect(stringify([])).toBe('[]');
  });

  it('sorts keys by code points, not by UTF-16 units', () => {
    expect(stringify({ '😀': 1, '\ue000': 2, a: 3, aa: 4, '': 5 })).toBe(
      '{"": 5, "a": 3, "aa": 4, "\\ue000": 2, "\\ud83d\\ude00": 1}',
    );
    expect(stringify({ '10': 1, '9': 2 })).toBe('{"10": 1, "9": 2}');
  });

  it('leaves out properties that are undefined, and keeps the places of list items', () => {
    expect(stringify({ a: undefined, b: [undefined, 1] })).toBe('{"b": [null, 1]}');
  });

  it('writes dates, bytes, sets, maps and typed arrays', () => {
    expect(stringify(new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 6)))).toBe(
      '"2024-01-02T03:04:05.006Z"',
    );
    expect(stringify(Buffer.from('\0\xff hello', 'latin1'))).toBe('"AP8gaGVsbG8="');
    expect(stringify(new Uint8Array([1, 2, 3]).subarray(1))).toBe('"AgM="');
    expect(stringify(new Uint8Array([1, 2, 3]).buffer)).toBe('"AQID"');
    expect(stringify(new DataView(new Uint8Array([1, 2, 3]).buffer, 1))).toBe('"AgM="');
    expect(stringify(new Float64Array([1.5, 2]))).toBe('[1.5, 2]');
    expect(stringify(new Set(['b', 'a']))).toBe('["b", "a"]');
    expect(
      stringify(
        new Map<string, unknown>([
          ['b', 1n],
          ['a', new Set()],
        ]),
      ),
    ).toBe('{"a": [], "b": 1}');
  });

  it('asks toJSON', () => {
    class Money {
      constructor(private readonly amount: string) {}
      toJSON(): unknown {
        return { amount: this.amount, at: new Date(0) };
      }
    }
    expect(stringify([new Money('1.10')])).toBe(
      '[{"amount": "1.10", "at": "1970-01-01T00:00:00.000Z"}]',
    );
  });

  it('writes boxed scalars and objects without a prototype', () => {
    expect(stringify([Object('x'), Object(1), Object(true), Object(2n)])).toBe('["x", 1, true, 2]');
    expect(stringify(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a": 1}');
  });

  it('writes an object that occurs twice without being a cycle', () => {
    const shared = { a: 1 };
    expect(stringify([shared, shared])).toBe('[{"a": 1}, {"a": 1}]');
  });

  it.each<[string, unknown, string]>([
    ['a function', { a: [{ b: () => 1 }] }, "at 'a.0.b'"],
    ['a symbol', { a: Symbol('x') }, "at 'a'"],
    ['a Promise', { a: Promise.resolve(1) }, 'await it first'],
    ['an invalid Date', { a: new Date(NaN) }, 'invalid Date'],
    ['a Map with other keys than strings', { a: new Map([[1, 2]]) }, 'number as its key'],
  ])('refuses %s and names the path', (_, value, text) => {
    expect(() => stringify(value)).toThrow(EventSerializationError);
    expect(() => stringify(value)).toThrow(text);
  });

  it('refuses a cycle and names the path', () => {
    const value: Record<string, unknown> = { a: {} };
    (value.a as Record<string, unknown>).b = value;
    expect(() => stringify(value, 'order')).toThrow("at 'order.a.b'");
    expect(() => stringify(value)).toThrow(EventSerializationError);
  });

  it('refuses what is nested deeper than Python reads, at once, and not what is wide', () => {
    expect(() => stringify(nested(100_000))).toThrow(EventSerializationError);
    expect(() => stringify(nested(501))).toThrow('deeper than 500 levels');
    expect(stringify(nested(500))).toHaveLength(stringify(nested(499)).length + 2);
    expect(() => stringify(nested(4), 'order', 3)).toThrow("at 'order'");
    expect(stringify(Array(1_000).fill([[]]), 'order', 3)).toContain('[[]]');
  });

  it('refuses an integer of more digits than Python reads, and takes one of as many', () => {
    const large = 10n ** 4_299n;
    for (const sign of [1n, -1n]) {
      expect(parse(stringify([sign * large]))).toEqual([sign * large]);
      expect(() => stringify({ n: [sign * large * 10n] })).toThrow("at 'n.0'");
      expect(() => stringify(sign * large * 10n, 'n')).toThrow(EventSerializationError);
    }
  });

  it('takes a long text with many escapes', () => {
    expect(stringify('é'.repeat(1_000_000))).toHaveLength(6_000_002);
  });
});
