import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from '../../../lib/wire/json-reader.js';
import { stringify } from '../../../lib/wire/json-writer.js';

// Puts any text on the path that doesn't leave everything to JSON.parse.
function parseCarefully(text: string): unknown {
  return (parse(`[NaN,${text}]`) as unknown[])[1];
}

describe('parse', () => {
  it.each([
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1.5e-3',
    '1E400',
    '"x"',
    '""',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u017e\\ud83d\\ude00"',
    '"\\ud800"',
    '"žluťoučký 😀"',
    '"ends in a backslash\\\\"',
    '[]',
    '[ ]',
    '{}',
    '{ }',
    ' [1, [2, {"a": []}]]\n',
    '{"a":1,"a":2,"constructor":{"prototype":{}},"toString":1}',
  ])('reads %s as JSON.parse does, on both paths', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
    expect(parseCarefully(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '',
    ' ',
    'hello',
    "'x'",
    'undefined',
    'True',
    'nan',
    '+1',
    '01',
    '1.',
    '.5',
    '-',
    '"a\nb"',
    '"\\x"',
    '"open',
    '"open\\"',
    '"x" junk',
    '[1,]',
    '[1 2]',
    '[',
    ']',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '{"a":1,}',
    '{"a":1',
    '\ufeff"x"',
    '-NaN',
    '+Infinity',
    'NaNx',
    '12345678901234567890x',
  ])('refuses %j on both paths', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
    expect(() => parseCarefully(text)).toThrow(SyntaxError);
  });

  it('reads short texts as JSON.parse does, and refuses what it refuses', () => {
    const outcome = (read: () => unknown) => {
      try {
        return read();
      } catch {
        return 'refused';
      }
    };
    const characters = fc.constantFrom(
      ...'-0123456789"\\ \teE.+{}[]:,trufalsn\u00e9\ud800\n'.split(''),
    );
    const text = fc.oneof(
      fc.string({ unit: characters, maxLength: 20 }),
      fc.string({ unit: characters, maxLength: 12 }).map((inner) => `"${inner}"`),
      fc.integer({ min: -(10 ** 15), max: 10 ** 15 }).map(String),
      fc.constantFrom('-0', '-', '00', '-01', '"', '""', 'null', 'true', 'false', 'nul', 'truee'),
    );
    fc.assert(
      fc.property(text, (json) => {
        expect(outcome(() => parse(json))).toEqual(outcome(() => JSON.parse(json)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads the bare numbers that Python writes', () => {
    expect(parse('NaN')).toBeNaN();
    expect(parse('[Infinity, -Infinity, {"a": NaN}]')).toEqual([Infinity, -Infinity, { a: NaN }]);
    expect(parse('"NaN and Infinity"')).toBe('NaN and Infinity');
  });

  it('reads an integer beyond 2^53 as a bigint, any other number as a number', () => {
    expect(parse('9007199254740991')).toBe(9007199254740991);
    expect(parse('9007199254740993')).toBe(9007199254740993n);
    expect(parse('-9007199254740992')).toBe(-9007199254740992n);
    expect(parse('{"a": [1234567890123456789012345678901234567890]}')).toEqual({
      a: [1234567890123456789012345678901234567890n],
    });
    expect(parse('0.30000000000000004')).toBe(0.1 + 0.2);
    expect(parse('9007199254740993.0')).toBe(9007199254740992);
    expect(parse('1e+30')).toBe(1e30);
    expect(parse('"9007199254740993"')).toBe('9007199254740993');
  });

  it('refuses an integer of more digits than Python takes', () => {
    expect(parse('9'.repeat(4300))).toBe(BigInt('9'.repeat(4300)));
    expect(parse(`-${'9'.repeat(4300)}`)).toBe(-BigInt('9'.repeat(4300)));
    expect(() => parse('9'.repeat(4301))).toThrow(SyntaxError);
  });

  it.each([
    '{"__proto__": {"polluted": 1}, "a": 1}',
    '{"\\u005f_proto__": {"polluted": 1}, "a": 1}',
  ])('leaves out and reports the key __proto__ of %s', (text) => {
    const notes: string[] = [];
    const value = parse(`[{"deep": ${text}}]`, (note) => notes.push(note));
    expect(value).toEqual([{ deep: { a: 1 } }]);
    const deep = (value as [{ deep: object }])[0].deep;
    expect(Object.keys(deep)).toEqual(['a']);
    expect(Object.getPrototypeOf(deep)).toBe(Object.prototype);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('__proto__');
  });

  it('reads what only mentions __proto__ in a value', () => {
    const notes: string[] = [];
    expect(parse('{"a": "__proto__"}', (note) => notes.push(note))).toEqual({ a: '__proto__' });
    expect(notes).toEqual([]);
  });

  it('survives deep nesting', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(parse(deep)).toBeInstanceOf(Array);
    expect(() => parse('['.repeat(100_000))).toThrow(SyntaxError);
    expect(() => parse(`[NaN, ${deep}]`)).toThrow(SyntaxError);
  });

  it('takes a time that grows with the length of the text only', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      i,
      nan: NaN,
      text: '\\"'.repeat(5),
    }));
    expect(parse(stringify(rows))).toHaveLength(20_000);
    expect(parse(`["${'\\\\'.repeat(1_000_000)}", NaN]`)).toHaveLength(2);
  });

  it('reads back what stringify writes', () => {
    const value = { a: [1, -0, 1e16, 2n ** 70n, NaN, 'é😀\x7f', null, true], b: { c: {} } };
    expect(parse(stringify(value))).toEqual(value);
  });
});
