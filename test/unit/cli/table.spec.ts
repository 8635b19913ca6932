import { describe, expect, it } from '@jest/globals';
import { cut, cutMiddle, layOutTable, textWidth } from '../../../lib/cli/table.js';

const HEAD = ['NAME', 'UNDELIVERED', 'IDLE'];
const ROWS = [
  ['my_service-a_listener_with_a_long_name', '12', '5 min'],
  ['  worker', '3'],
];

describe('textWidth', () => {
  it('counts columns of a terminal', () => {
    expect(['abc', 'é', 'e\u0301', '漢字', '😀', ''].map(textWidth)).toEqual([3, 1, 1, 4, 2, 0]);
  });
});

describe('cut', () => {
  it('cuts at a column, never within a wide character', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdef', 5)).toBe('abcd…');
    expect(cut('漢字漢字', 6)).toBe('漢字…');
    expect(textWidth(cut('漢字漢字', 7))).toBeLessThanOrEqual(7);
  });
});

describe('cutMiddle', () => {
  it('keeps both ends', () => {
    expect(cutMiddle('abcdef', 6)).toBe('abcdef');
    expect(cutMiddle('abcdef', 5)).toBe('ab…ef');
    expect(cutMiddle('abcdef', 4)).toBe('a…ef');
    expect(cutMiddle('abcdef', 1)).toBe('…');
    expect(cutMiddle('漢字漢字', 7)).toBe('漢…漢字');
  });
});

describe('layOutTable', () => {
  it('leaves a row that is one text out of the columns', () => {
    expect(layOutTable(['A', 'B'], [['1', '2'], 'a line by itself'], 10)).toEqual([
      'A     B',
      '1     2',
      'a line by…',
    ]);
  });

  it('aligns columns', () => {
    expect(layOutTable(HEAD, ROWS, 80)).toEqual([
      'NAME                                    UNDELIVERED  IDLE',
      'my_service-a_listener_with_a_long_name  12           5 min',
      '  worker                                3',
    ]);
  });

  it('cuts words of the head before it cuts what they are about', () => {
    const [head, first] = layOutTable(HEAD, ROWS, 53);
    expect(head).toContain('UNDEL…');
    expect(first).toContain('my_service-a_listener_with_a_long_name');
  });

  it.each([1, 5, 10, 20, 30, 40, 60])('is never wider than a terminal of %i columns', (width) => {
    const widths = layOutTable(HEAD, ROWS, width).map(textWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  });
});
