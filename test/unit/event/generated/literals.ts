import fc from 'fast-check';

/** A number as JSON writes it: finite, and where it is an integer, exact. By JSON.parse, not by us. */
export function isNumeral(text: string): boolean {
  if (text.trim() !== text) return false;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'number' || !Number.isFinite(value)) return false;
    return /[.e]/i.test(text) || Number.isSafeInteger(value);
  } catch {
    return false;
  }
}

/** An integer in decimal digits, however large. */
export function isIntegerText(text: string): boolean {
  return text === '-0' || (/^-?\d{1,1000}$/.test(text) && String(BigInt(text)) === text);
}

export const NO_NUMBERS: readonly unknown[] = [
  ...[
    '',
    ' ',
    ' 5',
    '5 ',
    ' 5 ',
    '5\n',
    '+5',
    '0x10',
    '0b1',
    '0o7',
    '1_0',
    '1,5',
    '1.',
    '.5',
    '05',
  ],
  ...['Infinity', '-Infinity', 'NaN', '1e400', '--5', '5n', '٥', '５', 'five', {}, [], ['5'], true],
];

export const NO_DATES: readonly string[] = [
  ...['', ' ', 'now', 'next tuesday', 'Jan 1 2024', '01/02/2024', '1704164645000', '5', '0x10'],
  ...[
    '2024',
    '2024-01',
    '2024-1-1',
    '20240101',
    '2024-W01-1',
    '2024-001',
    '24-01-01',
    '２０２４-01-01',
  ],
  ...[
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-13-01',
    '2024-00-10',
    '2024-01-00',
  ],
  ...['2024-01-32', '2024-01-01T25:00:00Z', '2024-01-01T10:60:00Z', '2024-01-01T10:00:60Z'],
  ...['2024-01-01T10', '2024-01-01T10Z', '2024-01-01Z', '2024-01-01T', '2024-01-01T10:00:00.Z'],
  ...[
    '2024-01-01T1:00:00Z',
    '2024-01-01T10:00:00 Z',
    '2024-01-01T10:00:00+2',
    '2024-01-01T10:00:00+02:60',
  ],
  ...['2024-01-01T10:00:00+24:00', '2024-01-01T10:00:00+02:00:00', '2024-01-01T10:00:00[UTC]'],
  ...[' 2024-01-01', '2024-01-01 ', '2024-01-01\n', '-000000-01-01', '+2024-01-01', '2024/01/01'],
  ...[
    '2024-01-01T10:00:00ZZ',
    '2024-01-01T24:00:01Z',
    '2024-01-01T10:00:00 GMT',
    '2024-01-01_10:00:00Z',
  ],
];

/** Whether a random text may be a date: none of those above does. */
export function isDateText(text: string): boolean {
  return !NO_DATES.includes(text) && /^[+-]?\d{4,6}-\d\d-\d\d/.test(text);
}

const two = (value: number) => String(value).padStart(2, '0');

const years = fc.oneof(
  fc.constantFrom('0002', '0099', '1969', '1970', '9998'),
  fc.integer({ min: 2, max: 9998 }).map((year) => String(year).padStart(4, '0')),
);

const offsets = fc.oneof(
  fc.constantFrom('', 'Z', 'z', '+00:00', '-00:00', '+0530', '-09'),
  fc
    .record({
      sign: fc.constantFrom('+', '-'),
      hours: fc.nat({ max: 23 }),
      minutes: fc.nat({ max: 59 }),
      form: fc.constantFrom(':', '', 'hours'),
    })
    .map(({ sign, hours, minutes, form }) =>
      form === 'hours' ? `${sign}${two(hours)}` : `${sign}${two(hours)}${form}${two(minutes)}`,
    ),
);

/** Texts that ISO 8601 has for instants, and the dates that they are. */
export const dates: fc.Arbitrary<readonly [string, Date]> = fc.oneof(
  fc
    .date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    .map((date): readonly [string, Date] => [date.toISOString(), date]),
  fc
    .record({
      year: years,
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 28 }),
      hour: fc.nat({ max: 23 }),
      minute: fc.nat({ max: 59 }),
      second: fc.nat({ max: 59 }),
      fraction: fc.constantFrom('', '.5', '.123', '.123456', ',25', '.000999'),
      separator: fc.constantFrom('T', ' ', 't'),
      offset: offsets,
      form: fc.constantFrom('whole', 'minutes', 'day'),
    })
    .map(({ year, month, day, hour, minute, second, fraction, separator, offset, form }) => {
      const date = new Date(0);
      date.setUTCFullYear(Number(year), month - 1, day);
      const text = `${year}-${two(month)}-${two(day)}`;
      if (form === 'day') return [text, date] as const;
      const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
      const east = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      const clock = `${two(hour)}:${two(minute)}`;
      if (form === 'minutes') {
        date.setUTCHours(hour, minute - east);
        return [`${text}${separator}${clock}${offset}`, date] as const;
      }
      const milliseconds = Math.floor(Number(`0${fraction.replace(',', '.')}`) * 1000);
      date.setUTCHours(hour, minute - east, second, milliseconds);
      return [`${text}${separator}${clock}:${two(second)}${fraction}${offset}`, date] as const;
    }),
);
