/** What a duration may be, in words. */
export const DURATION_EXPECTED =
  "milliseconds (a whole number from 1), or a text of whole numbers with their units, d, h, m, s or ms, the largest first: '90s', '15m', '1h30m', '2d'";

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const PATTERN = new RegExp(`^${UNITS.map(([unit]) => `(?:(\\d+)${unit})?`).join('')}$`);

/**
 * How long something may last: milliseconds, or text such as `'90s'`, `'15m'`, `'1h30m'`, `'2d'`. The units are `d`
 * (24 h), `h`, `m` (minutes), `s` and `ms`.
 *
 * @returns milliseconds; `undefined` for what is no duration, and for none at all (`0`, `'0s'`).
 */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? parseText(value) : value;
  return Number.isSafeInteger(ms) && Number(ms) > 0 ? Number(ms) : undefined;
}

function parseText(text: string): number | undefined {
  // Of those that the text does not have, there is no count.
  const [, ...counts]: readonly (string | undefined)[] = PATTERN.exec(text) ?? [];
  return UNITS.reduce((sum, [, ms], i) => sum + Number(counts[i] ?? 0) * ms, 0);
}
