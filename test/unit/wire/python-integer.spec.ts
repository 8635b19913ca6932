import { describe, expect, it } from '@jest/globals';
import { parsePythonInteger } from '../../../lib/wire/python-integer.js';

describe('parsePythonInteger', () => {
  it.each([
    ['1', 1],
    ['0', 0],
    ['-0', 0],
    ['-1', -1],
    ['+7', 7],
    ['007', 7],
    ['1_000', 1000],
    [' 3 ', 3],
    ['\n\t3\u00a0\u3000', 3],
    ['٣', 3],
    ['१२', 12],
    ['𝟗𝟖', 98],
    ['9007199254740991', 9007199254740991],
  ])('reads %j as %d', (text, value) => {
    expect(parsePythonInteger(text)).toBe(value);
  });

  it.each([
    '',
    ' ',
    'abc',
    '1.0',
    '1e3',
    '0x1',
    '1_',
    '_1',
    '1__0',
    '+ 1',
    '--1',
    '½',
    '1 2',
    '9007199254740992',
    '1'.repeat(5_000),
  ])('refuses %j', (text) => {
    expect(parsePythonInteger(text)).toBeNull();
  });
});
