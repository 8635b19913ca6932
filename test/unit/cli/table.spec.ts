import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import { cut, cutMiddle, layOutTable } from '../../../lib/cli/table.js';

const HEAD = ['NAME', 'UNDELIVERED', 'IDLE'];
const ROWS = [
  ['my_service-a_listener_with_a_long_name', '12', '5 min'],
  ['  worker', '3'],
];

describe('cut', () => {
  it('cuts at a column, never within a wide character', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdef', 5)).toBe('abcd…');
    expect(cut('漢字漢字', 6)).toBe('漢字…');
    expect(cut('漢字漢字', 7)).toBe('漢字漢…');
  });

  it('keeps together what is one character to a reader', () => {
    expect(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5)).toBe('👩‍👩‍👧👩‍👩‍👧…');
    expect(cut('🇩🇪🇫🇷🇮🇹', 4)).toBe('🇩🇪…');
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
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
    const widths = layOutTable(HEAD, ROWS, width).map((line) => stringWidth(line));
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  });

  it.each([
    ['East Asian', '注文サービス-在庫を確保する'],
    ['combining characters', 'zu\u0308rich-ka\u0308ufe'],
    ['emoji of several characters', '👩‍👩‍👧-☎️-1️⃣-🇩🇪-👍🏽'],
    ['half-width kana with marks', 'ｶﾞｷﾞｸﾞ-ﾊﾟﾋﾟﾌﾟ'],
    ['Devanagari', 'नमस्ते-क्षत्रिय'],
    ['Thai', 'ร้านค้า-แจ้งเตือน'],
    ['decomposed Hangul', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
    ['characters without a width', 'a\u200bb\u2060c\u00add\ufeff'],
  ])('aligns names in %s', (_, name) => {
    for (const width of [12, 16, 24, 80]) {
      const lines = layOutTable(HEAD, [[name, '12', '5 min'], ...ROWS], width);
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }
    const [head = '', row = ''] = layOutTable(HEAD, [[name, '12', '5 min']], 80);
    const before = row.slice(0, row.indexOf('12  '));
    expect(stringWidth(before)).toBe(head.indexOf('UNDELIVERED'));
  });
});
