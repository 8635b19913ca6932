import { describe, expect, it } from '@jest/globals';
import { parseMoment } from '../../../lib/operations/moment.js';

describe('parseMoment', () => {
  const now = Date.parse('2024-05-10T12:00:00Z');

  it.each([
    ['10m', '2024-05-10T11:50:00.000Z'],
    ['2h', '2024-05-10T10:00:00.000Z'],
    ['3d', '2024-05-07T12:00:00.000Z'],
    ['1w', '2024-05-03T12:00:00.000Z'],
    ['90s', '2024-05-10T11:58:30.000Z'],
    ['500ms', '2024-05-10T11:59:59.500Z'],
    ['1d12h', '2024-05-09T00:00:00.000Z'],
    ['2024', '2024-01-01T00:00:00.000Z'],
    ['2024-05', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01T10:30', '2024-05-01T10:30:00.000Z'],
    ['2024-05-01 10:30', '2024-05-01T10:30:00.000Z'],
    ['2024-05-01T10:30:15.250Z', '2024-05-01T10:30:15.250Z'],
    ['2024-05-01T10:30+02:00', '2024-05-01T08:30:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseMoment(text, now)).toEqual(new Date(instant));
  });

  it.each(['1700000000000-0', '1700000000000', '10', '0-1', 'now'])('keeps %s', (text) => {
    expect(parseMoment(text, now)).toBe(text);
  });

  it.each(['', 'yesterday', '10x', 'm', '-5m', '5 m', '1-2-3', '2024-13-01', '2024-05-01T25:00'])(
    'refuses %j',
    (text) => expect(() => parseMoment(text, now)).toThrow('is no moment'),
  );
});
