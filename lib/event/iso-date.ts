// Extended format, with T or a space as Python's str() writes it; years as Date.toISOString writes them.
const ISO_DATE =
  /^(?<year>\d{4}|[+-]\d{6})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,12}))?)?(?<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

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
  const parts = ISO_DATE.exec(text)?.groups;
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = [
    ...[parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second],
  ].map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  if (parts.year === '-000000') return null;
  const milliseconds = Number((parts.fraction ?? '').slice(0, 3).padEnd(3, '0'));
  const isMidnight = hour === 24 && minute === 0 && second === 0 && milliseconds === 0;
  if ((hour > 23 && !isMidnight) || minute > 59 || second > 59) return null;

  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have has become one of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = offsetMinutes(parts.offset);
  if (offset === null) return null;
  date.setUTCHours(hour, minute - offset, second, milliseconds);
  if (Number.isNaN(date.getTime())) return null;
  return { date, hasOffset: parts.offset !== undefined };
}

function offsetMinutes(offset: string | undefined): number | null {
  if (offset === undefined || offset.toUpperCase() === 'Z') return 0;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 23 || minutes > 59) return null;
  const total = hours * 60 + minutes;
  return offset.startsWith('-') ? -total : total;
}
