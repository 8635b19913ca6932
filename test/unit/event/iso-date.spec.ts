import { describe, expect, it } from '@jest/globals';
import { readIsoDate } from '../../../lib/event/iso-date.js';

describe('readIsoDate', () => {
  it.each([
    ['2026-11-27T05:13:48.123Z', '2026-11-27T05:13:48.123Z'],
    ['2026-11-27T05:13:48Z', '2026-11-27T05:13:48.000Z'],
    ['2026-11-27T05:13+02:00', '2026-11-27T03:13:00.000Z'],
    ['2026-11-27T05:13:48.123456+00:00', '2026-11-27T05:13:48.123Z'],
    ['2026-11-27 05:13:48-0530', '2026-11-27T10:43:48.000Z'],
    ['2026-11-27T05:13:48+02', '2026-11-27T03:13:48.000Z'],
    ['2026-11-27T05:13:48.5z', '2026-11-27T05:13:48.500Z'],
    ['2024-02-29T24:00:00Z', '2024-03-01T00:00:00.000Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
    ['+275760-09-13T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'],
    ['-000001-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    const read = readIsoDate(text);
    expect(read?.date.toISOString()).toBe(instant);
    expect(read?.hasOffset).toBe(true);
  });

  it.each(['2026-11-27', '2026-11-27T05:13', '2026-11-27 05:13:48.123456'])(
    'reads %s as UTC, and says that it has no offset',
    (text) => {
      const read = readIsoDate(text);
      const utc = text.includes(':') ? `${text.replace(' ', 'T')}Z` : text;
      expect(read?.date).toEqual(new Date(utc));
      expect(read?.hasOffset).toBe(false);
    },
  );

  it.each([
    ...['', '5', '2026', '2026-11', '20261127', '2026-11-27T', '2026-11-27T05', '27.11.2026'],
    ...['2026-02-29', '2026-13-01', '2026-00-01', '2026-01-00', '2026-11-31T00:00:00Z'],
    ...['2026-11-27T24:00:01Z', '2026-11-27T25:00Z', '2026-11-27T05:60Z', '2026-11-27T05:13:60Z'],
    ...['2026-11-27T05:13:48+24:00', '2026-11-27T05:13:48+02:60', ' 2026-11-27', '2026-11-27\n'],
    ...['Fri, 27 Nov 2026 05:13:48 GMT', '-000000-01-01T00:00:00Z', '+275760-09-14T00:00:00Z'],
    ...['2026-W48-5', '2026-331', '2026-11-27T05:13:48 Z'],
  ])('reads nothing from %j', (text) => {
    expect(readIsoDate(text)).toBeNull();
  });

  it('reads whatever Date writes', () => {
    for (let ms = -8.64e15; ms <= 8.64e15; ms += 12_345_678_901_234) {
      expect(readIsoDate(new Date(ms).toISOString())?.date.getTime()).toBe(ms);
    }
  });
});
