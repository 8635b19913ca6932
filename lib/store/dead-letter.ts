import type { DeadLetterReport, FlatFields, StoredDeadLetter } from './event-store.js';

/** Name of a dead letter's first field; its value is the report, as JSON. The original fields follow. */
export const DEAD_LETTER_FIELD = 'dead_letter';

/**
 * The same, of an entry with too many fields for a Redis script: one more field follows, without a
 * name, and its value is the original fields, flat, as a JSON array.
 */
export const PACKED_DEAD_LETTER_FIELD = 'dead_letter_packed';

/** The dead-letter stream of one consumer group on one stream; on Redis its key. */
export function deadLetterStream(stream: string, group: string): string {
  return `lightbus:dead_letters:{${stream}}:${group}`;
}

/** Where a dead letter came from, and when. */
export type DeadLetterOrigin = Omit<StoredDeadLetter['report'], keyof DeadLetterReport>;

/** The report of a dead letter as it is stored. */
export function formatReport(report: DeadLetterReport, origin: DeadLetterOrigin): string {
  return JSON.stringify({ ...report, ...origin });
}

/** The fields of a dead letter; `null` where the original's data is gone. */
export function formatDeadLetter(report: string, fields: FlatFields | null): string[] {
  return [DEAD_LETTER_FIELD, report, ...(fields ?? [])];
}

/** Takes a dead letter apart; `undefined` for an entry that is none. */
export function parseDeadLetter(id: string, entry: FlatFields): StoredDeadLetter | undefined {
  const [name, text = '', ...rest] = entry;
  if (name !== DEAD_LETTER_FIELD && name !== PACKED_DEAD_LETTER_FIELD) return undefined;
  try {
    const report = JSON.parse(text) as StoredDeadLetter['report'];
    const fields = name === DEAD_LETTER_FIELD ? rest : (JSON.parse(rest[1] ?? '') as FlatFields);
    return { id, report, fields: fields.length > 0 ? fields : null };
  } catch {
    // Somebody else's entry: what we write is JSON.
    return undefined;
  }
}
