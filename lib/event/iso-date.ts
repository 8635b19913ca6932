// Extended format, with T or a space as Python's str() writes it; years as Date.toISOString writes them.
// Year, month, day, hour, minute, second, fraction, offset: names for them would cost as much as the rest.
const ISO_DATE =
  /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** An instant, read from a text. */
export interface IsoDate {
  readonly date: Date;
  /** False where the text says no offset from UTC, as one without a time does: it is read as UTC. */
  readonly hasOffset: boolean;
}

/**
 * Reads a date of ISO 8601 in its extended format: `2026-11-27`, `2026-11-27T05:13:48.123456+02:00`.
 * A text without an offset is read as UTC, as it would otherwise mean another instant on each machine.
 * Of the fraction of a second, milliseconds are kept.
 *
 * @returns null for any other text, and for a day or time that does not exist.
 */
export function readIsoDate(text: string): IsoDate | null {
  const parts = ISO_DATE.exec(text);
  if (!parts || parts[1] === '-000000') return null;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  const hour = Number(parts[4] ?? 0);
  const minute = Number(parts[5] ?? 0);
  const second = Number(parts[6] ?? 0);
  const milliseconds = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const isMidnight = hour === 24 && minute === 0 && second === 0 && milliseconds === 0;
  if ((hour > 23 && !isMidnight) || minute > 59 || second > 59) return null;

  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have has become one of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = offsetMinutes(parts[8]);
  if (offset === null) return null;
  date.setUTCHours(hour, minute - offset, second, milliseconds);
  if (Number.isNaN(date.getTime())) return null;
  return { date, hasOffset: parts[8] !== undefined };
}

function offsetMinutes(offset: string | undefined): number | null {
  if (offset === undefined || offset.toUpperCase() === 'Z') return 0;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 23 || minutes > 59) return null;
  const total = hours * 60 + minutes;
  return offset.startsWith('-') ? -total : total;
}
