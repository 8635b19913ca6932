import type { JsonObject } from './json-object.js';

/** Texts that what trims, changes case, normalises or rounds makes others of. */
const TEXTS = [
  ' Aa e\u0301 ',
  'aA',
  '1',
  '0012',
  'A',
  'a',
  'a-b',
  'A_B',
  'a1B2c3d4',
  '+49 30 123456',
  '',
];
const OF_FORMAT: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2020-02-29T10:00:00.120+01:00', '2020-02-29T10:00:00Z'],
  date: ['2020-02-29'],
  time: ['10:00:00+01:00', '10:00:00'],
  email: ['Aa.b+c@Example.org'],
  hostname: ['Www.Example.org'],
  ipv4: ['127.0.0.1'],
  ipv6: ['2001:DB8:0:0:0:0:0:1'],
  uri: ['HTTPS://Example.org:443/a/../b', 'https://example.org'],
  uuid: ['B3A1A1D0-6A2B-4D6A-8D5E-0123456789AB', 'b3a1a1d0-6a2b-4d6a-8d5e-0123456789ab'],
};

/** Texts that satisfy a JSON Schema of a text; none where its pattern is met by none that are known here. */
export function sampleTexts({ format, pattern, minLength = 0, maxLength }: JsonObject): string[] {
  const known = typeof format === 'string' && Object.hasOwn(OF_FORMAT, format);
  const texts = known ? (OF_FORMAT[format] ?? []) : [...TEXTS, ...Object.values(OF_FORMAT).flat()];
  const fits = typeof pattern === 'string' ? new RegExp(pattern, 'u') : /^/;
  const least = Number(minLength);
  const most = typeof maxLength === 'number' ? maxLength : Infinity;
  return texts
    .map((text) => (known ? text : text.padEnd(Math.min(least, LONGEST), 'Aa ').slice(0, most)))
    .filter((text) => text.length >= least && fits.test(text));
}

// A longer one is not made.
const LONGEST = 10_000;

/** Numbers that satisfy a JSON Schema of a number: its bounds, whole ones and fractions of both signs. */
export function sampleNumbers(schema: JsonObject, isWhole: boolean): number[] {
  const of = (keyword: string) => {
    const value = schema[keyword];
    return typeof value === 'number' ? [value] : [];
  };
  const [step = isWhole ? 1 : 0.25] = of('multipleOf');
  const least = [...of('minimum'), ...of('exclusiveMinimum').map((bound) => bound + step)];
  const most = [...of('maximum'), ...of('exclusiveMaximum').map((bound) => bound - step)];
  const candidates = [...least, ...most, 1.25, -1.25, 1, -1, 0, 7, 1000, step]
    .flatMap((number) => [number, Math.ceil(number / step) * step])
    .filter(
      (number) =>
        least.every((bound) => number >= bound) &&
        most.every((bound) => number <= bound) &&
        Number.isInteger(isWhole ? number : number / step),
    );
  // No negative zero: it is written as 0.
  return [...new Set(candidates.map((number) => number + 0))];
}
