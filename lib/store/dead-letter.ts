import { canonicalEntryId } from '../wire/entry-id.js';
import type { ConsumerRef } from './consumer-groups.js';
import type { FlatFields } from './entries.js';
import type { DeadLetterReport, StoredDeadLetter } from './event-store.js';

/** Name of a dead letter's first field; its value is the report, as JSON. The original fields follow. */
export const DEAD_LETTER_FIELD = 'dead_letter';

/**
 * The same, of an entry with too many fields for a Redis script: one more field follows, without a
 * name, and its value is the original fields, flat, as a JSON array.
 */
export const PACKED_DEAD_LETTER_FIELD = 'dead_letter_packed';

/** The dead-letter stream of one consumer group on one stream; on Redis its key. */
export function deadLetterStream({ stream, group }: Pick<ConsumerRef, 'stream' | 'group'>): string {
  return `lightbus:dead_letters:{${stream}}:${group}`;
}

/** A report as it is stored, with where the letter came from and when. */
type StoredReport = NonNullable<StoredDeadLetter['report']>;

/** Where a dead letter came from, and when. */
export type DeadLetterOrigin = Omit<StoredReport, keyof DeadLetterReport>;

/** The report of a dead letter as it is stored. */
export function formatReport(report: DeadLetterReport, origin: DeadLetterOrigin): string {
  return JSON.stringify({ ...report, ...origin });
}

/** The fields of a dead letter; `null` where the original's data is gone. */
export function formatDeadLetter(report: string, fields: FlatFields | null): string[] {
  return [DEAD_LETTER_FIELD, report, ...(fields ?? [])];
}

/**
 * Takes a dead letter apart. Never throws: an entry that somebody else has put there comes back with
 * its own fields, and without a report.
 */
export function parseDeadLetter(id: string, entry: FlatFields): StoredDeadLetter {
  const [name, text = '', ...rest] = entry;
  const report = parseReport(text);
  const fields =
    name === DEAD_LETTER_FIELD
      ? rest
      : name === PACKED_DEAD_LETTER_FIELD
        ? parseFields(rest[1])
        : undefined;
  if (!report || !fields) return { id, report: null, fields: entry };
  return { id, report, fields: fields.length > 0 ? fields : null };
}

const RULES: Readonly<Record<keyof StoredReport, (value: unknown) => boolean>> = {
  listener: isText,
  reason: isText,
  message: isText,
  stack: (value) => value === undefined || isText(value),
  attempts: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  stream: isText,
  nativeId: (value) => typeof value === 'string' && canonicalEntryId(value) === value,
  group: isText,
  consumer: isText,
  time: isIsoDate,
};

function parseReport(text: string): StoredReport | undefined {
  const found = parseJson(text);
  if (typeof found !== 'object' || found === null) return undefined;
  const report: Record<string, unknown> = {};
  for (const [name, isValid] of Object.entries(RULES)) {
    const value: unknown = Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined;
    if (!isValid(value)) return undefined;
    if (value !== undefined) report[name] = value;
  }
  return report as unknown as StoredReport;
}

function parseFields(text = ''): FlatFields | undefined {
  const fields = parseJson(text);
  const isFlat = Array.isArray(fields) && fields.length % 2 === 0 && fields.every(isText);
  return isFlat ? fields : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As we write it: what else `Date` takes for one is no report of ours. */
function isIsoDate(value: unknown): boolean {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
