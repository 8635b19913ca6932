import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration } from '../../../../lib/config/options/duration.js';

describe('parseDuration', () => {
  it.each([
    [1, 1],
    [90_000, 90_000],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['250ms', 250],
    ['1d2h3m4s5ms', 93_784_005],
    ['0h5m', 300_000],
  ])('%p', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each([
    ...[0, -1, 1.5, NaN, Infinity, 2 ** 53, null, undefined, true, {}, [], new Date()],
    ...['', ' ', '15', '15 m', ' 15m', '15M', '1w', '30m1h', '1h1h', '-1h', '1.5h', '0s', '1e3s'],
    ...['1h30', 'ms', 'forever', '999999999999d'],
  ])('refuses %p', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });

  it('is the sum of its parts', () => {
    const parts = fc.tuple(...Array.from({ length: 5 }, () => fc.option(fc.nat(1_000))));
    fc.assert(
      fc.property(parts, ([d, h, m, s, ms]) => {
        const units = { d, h, m, s, ms };
        const said = Object.entries(units).filter(([, count]) => count !== null);
        const text = said.map(([unit, count]) => `${count}${unit}`).join('');
        const sum =
          ((((d ?? 0) * 24 + (h ?? 0)) * 60 + (m ?? 0)) * 60 + (s ?? 0)) * 1_000 + (ms ?? 0);
        expect(parseDuration(text)).toBe(sum === 0 ? undefined : sum);
      }),
    );
  });
});
