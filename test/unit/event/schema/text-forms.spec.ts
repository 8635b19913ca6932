import { describe, expect, it } from '@jest/globals';
import { isIP, isISO8601, isNumberString, isPort } from 'class-validator';
import fc from 'fast-check';
import { portablePattern } from '../../../../lib/event/schema/pattern/portable-pattern.js';
import { TEXT_FORMS } from '../../../../lib/event/schema/text-forms.js';
import { runs } from '../generated/runs.js';

const formOf = (name: string, ...constraints: unknown[]): RegExp => {
  const form = TEXT_FORMS[name]?.(constraints);
  const portable = form && portablePattern(form);
  if (!portable?.isExact) throw new Error(`${name} has no form`);
  return new RegExp(portable.pattern, 'u');
};

/** Texts of pieces, many of which are nearly of the form. */
const textsOf = (pieces: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...pieces), { maxLength }).map((parts) => parts.join(''));

const SECONDS = ['05', ':05', '05.5', ':05,25', ':60', ''];
const DATES = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('2024', '+2024', '-2024', '202401', '24', '02024'),
      fc.constantFrom(
        '',
        '-01',
        '01',
        '-01-02',
        '0102',
        '-0102',
        '01-02',
        '-13',
        '-W05',
        'W05-1',
        '-W053',
        '-366',
        '367',
        '001',
        '-000',
      ),
      fc.constantFrom('', 'T', ' ', '\t', 't', '\u00a0', '\n'),
      fc.constantFrom(
        '',
        '03',
        '03:04',
        '0304',
        '24:00',
        '2400',
        '24:01',
        '3',
        '03.5',
        '03:04.5',
        '03:04,5',
        '0304.12',
        '24:00.5',
        '03.5:',
      ),
      fc.constantFrom(...SECONDS),
      fc.constantFrom('', 'Z', 'z', '+01', '-01:00', '+0100', '+25', '+01:', 'ZZ', '\n'),
    )
    .map((parts) => parts.join('')),
  textsOf(['20', '24', '01', '0', '3', '-', ':', 'T', 'W', '.', '5', 'Z', '+'], 14),
);
const ADDRESSES = fc.oneof(
  textsOf(['1', 'ab', ':', ':', '::', '1:', '2:', 'ffff:', '1.2.3.4', '256', '.', '%', 'eth0'], 12),
  fc
    .tuple(
      fc.array(fc.constantFrom('1', 'Fe80', '0', '12345', 'g'), { maxLength: 8 }),
      fc.constantFrom(':', '::'),
      fc.array(fc.constantFrom('1', 'Fe80', '0'), { maxLength: 8 }),
      fc.constantFrom('', ':1.2.3.4', '1.2.3.4', '%1', '%', '\n'),
    )
    .map(([first, between, last, end]) => `${first.join(':')}${between}${last.join(':')}${end}`),
);

describe('the form of a text that validator.js knows by a regular expression', () => {
  it.each([undefined, {}, { strictSeparator: true }])('dates, with %j', (options) => {
    const form = formOf('isIso8601', options);
    const counted = { in: 0 };
    const property = fc.property(DATES, (text) => {
      const isDate = isISO8601(text, options);
      if (isDate) counted.in++;
      expect(form.test(text)).toBe(isDate);
    });
    fc.assert(property, { ...runs(20) });
    expect(counted.in).toBeGreaterThan(20);
  });

  it.each([undefined, '4', '6', 6])('addresses, of version %s', (version) => {
    const form = formOf('isIp', version);
    const property = fc.property(ADDRESSES, (text) => {
      const isAddress = isIP(text, version as '4');
      expect([text, form.test(text)]).toEqual([text, isAddress]);
    });
    fc.assert(property, { ...runs(20) });
  });

  it('numbers without symbols', () => {
    const form = formOf('isNumberString', { no_symbols: true });
    const property = fc.property(textsOf(['1', '.', '-', '+', '٣', '\n', 'e'], 4), (text) => {
      expect(form.test(text)).toBe(isNumberString(text, { no_symbols: true }));
    });
    fc.assert(property, { ...runs(5) });
  });

  it('ports', () => {
    const form = formOf('isPort');
    const numbers = fc.oneof(
      textsOf(['-', '+', '0', '1', '6', '5', '3', '\n'], 6),
      fc.nat(70_000).map(String),
    );
    const property = fc.property(numbers, (text) => {
      expect([text, form.test(text)]).toEqual([text, isPort(text)]);
    });
    fc.assert(property, { ...runs(10) });
  });
});
