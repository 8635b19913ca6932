import type { DeadLetterReport, FlatFields, StoredDeadLetter } from './transport.js';

/** Name of a dead letter's first field; its value is the report, as JSON. The original fields follow. */
const REPORT_FIELD = 'dead_letter';

/** Where a dead letter came from, and when. */
export type DeadLetterOrigin = Omit<StoredDeadLetter['report'], keyof DeadLetterReport>;

/** The report of a dead letter as it is stored. */
export function formatReport(report: DeadLetterReport, origin: DeadLetterOrigin): string {
  return JSON.stringify({ ...report, ...origin });
}

/** The fields of a dead letter; `null` where the original's data is gone. */
export function formatDeadLetter(report: string, fields: FlatFields | null): string[] {
  return [REPORT_FIELD, report, ...(fields ?? [])];
}

/** Takes a dead letter apart; `undefined` for an entry that is none. */
export function parseDeadLetter(id: string, entry: FlatFields): StoredDeadLetter | undefined {
  const [name, text = '', ...fields] = entry;
  if (name !== REPORT_FIELD) return undefined;
  try {
    const report = JSON.parse(text) as StoredDeadLetter['report'];
    return { id, report, fields: fields.length > 0 ? fields : null };
  } catch {
    // Somebody else's entry: what we write is JSON.
    return undefined;
  }
}
