import { InvalidOptionsError } from '../errors.js';
import { isEntryId } from '../wire/entry-id.js';

/** Where to begin or end: an instant, an entry id, or what is fired from now on. */
export type Moment = Date | string;

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DURATION = /^(?:\d+(?:ms|[smhdw]))+$/;
const ISO_DATE =
  /^\d{4}(?:-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/;

/**
 * Parses a moment in a history: `now`, how long ago (`10m`, `2h`, `1d12h`), an ISO date (in UTC
 * unless it has an offset; a date alone is its midnight), or an entry id (`<ms>-<seq>` or `<ms>`).
 *
 * @param nowMs milliseconds since the epoch.
 * @throws InvalidOptionsError
 */
export function parseMoment(text: string, nowMs = new Date().getTime()): Moment {
  if (text === 'now') return text;
  if (DURATION.test(text)) return parseDate(nowMs - durationMs(text), text);
  const iso = ISO_DATE.exec(text);
  // A year is an ISO date, too; as milliseconds it would be the first seconds of 1970.
  if (!iso) {
    if (isEntryId(text)) return text;
    throw invalid(text);
  }
  const isLocal = text.length > 10 && iso[1] === undefined;
  return parseDate(Date.parse(isLocal ? `${text}Z` : text), text);
}

function durationMs(text: string): number {
  const parts = text.matchAll(/(\d+)(ms|[smhdw])/g);
  return [...parts].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? NaN),
    0,
  );
}

function parseDate(ms: number, text: string): Date {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw invalid(text);
  return date;
}

function invalid(text: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `${JSON.stringify(text)} is no moment. Expected how long ago (10m, 2h, 3d), an ISO date ` +
      "(2024-05-01T12:00Z), an entry id (1700000000000-0) or 'now'.",
  );
}
