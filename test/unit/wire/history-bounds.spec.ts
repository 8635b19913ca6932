import { describe, expect, it } from '@jest/globals';
import { InvalidPositionError } from '../../../lib/errors.js';
import { groupStart, rangeEnd, rangeStart } from '../../../lib/wire/history-bounds.js';

const noon = new Date('2026-01-02T12:00:00.007Z');

describe('groupStart', () => {
  it.each([
    ['beginning', '0'],
    ['now', '$'],
    ['1700000000000-3', '1700000000000-3'],
    ['1700000000000', '1700000000000'],
    ['0', '0'],
  ])('%s is where XGROUP CREATE takes %s', (since, expected) => {
    expect(groupStart(since)).toBe(expected);
  });

  it('gives a group everything that was stored in the millisecond of a Date', () => {
    expect(groupStart(noon)).toBe(`${noon.getTime() - 1}-18446744073709551615`);
    expect(groupStart(new Date(0))).toBe('0-0');
    expect(groupStart(new Date(-5))).toBe('0-0');
  });
});

describe('rangeStart and rangeEnd', () => {
  it.each([
    ['beginning', '-', '-'],
    ['end', '+', '+'],
    ['17-3', '17-3', '17-3'],
  ])('%s is %s and %s', (point, start, end) => {
    expect(rangeStart(point)).toBe(start);
    expect(rangeEnd(point)).toBe(end);
  });

  it('include the whole millisecond of a Date', () => {
    expect(rangeStart(noon)).toBe(`${noon.getTime()}-0`);
    // Redis completes it with the highest sequence number.
    expect(rangeEnd(noon)).toBe(String(noon.getTime()));
  });
});

describe('what is no point in history', () => {
  it.each([
    ['a word', 'yesterday'],
    ['nothing', ''],
    ['an id with letters', '17-a'],
    ['a range', '(17-3'],
    ['an id beyond 64 bits', '18446744073709551616-0'],
    ['a sequence number beyond 64 bits', '1-18446744073709551616'],
    ['an id of 21 digits', '170000000000000000000'],
    ['an option of Redis', '>'],
    ['an invalid Date', new Date('never')],
    ['a number', 17 as unknown as string],
    ['undefined', undefined as unknown as string],
  ])('is refused: %s', (_, point) => {
    for (const read of [groupStart, rangeStart, rangeEnd]) {
      expect(() => read(point)).toThrow(InvalidPositionError);
      expect(() => read(point)).toThrow(/Expected .*entry id such as/);
    }
  });

  it('is named with its option', () => {
    expect(() => groupStart('end')).toThrow(`'since' is "end". Expected 'beginning', 'now'`);
    expect(() => rangeEnd('now')).toThrow(`'until' is "now". Expected 'beginning', 'end'`);
  });
});
