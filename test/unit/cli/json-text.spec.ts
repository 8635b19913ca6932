import { describe, expect, it } from '@jest/globals';
import { jsonText } from '../../../lib/cli/json-text.js';
import { parse } from '../../../lib/wire/json-reader.js';

describe('jsonText', () => {
  it.each([
    '{"a":1,"b":[true,null,"x"],"c":{}}',
    '{"big":123456789012345678901234567890,"negative":-9007199254740993}',
    '[NaN,Infinity,-Infinity,-0.0,1.5,1e+21]',
    '{"z":1,"a":"é 漢 😀","":[]}',
  ])('writes what was read: %s', (text) => {
    expect(jsonText(parse(text))).toBe(text);
  });

  it('writes JSON that JSON.parse reads, where that has words for it', () => {
    const value = { text: 'a"b\\c\n\t', list: [1, [2, { deep: null }]], empty: {}, none: [] };
    expect(JSON.parse(jsonText(value))).toEqual(value);
    expect(JSON.parse(jsonText(value, 2))).toEqual(value);
  });

  it('indents like JSON.stringify', () => {
    const value = { a: [1, { b: 2 }], empty: {}, none: [], c: 'x' };
    expect(jsonText(value, 2)).toBe(JSON.stringify(value, undefined, 2));
  });

  it('escapes in keys and texts what a terminal would act on', () => {
    const text = jsonText({ 'k\u009b': '\u001b[31m\u007f\u202e\u2028' });
    expect(text).toBe('{"k\\u009b":"\\u001b[31m\\u007f\\u202e\\u2028"}');
    expect(JSON.parse(text)).toEqual({ 'k\u009b': '\u001b[31m\u007f\u202e\u2028' });
  });
});
