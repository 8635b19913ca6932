/** Entry ids of Redis Streams: `<ms>-<seq>`, two unsigned 64-bit numbers, ordered. */

/** The highest sequence number that an entry id can have. */
const MAX_SEQUENCE = '18446744073709551615';

/** The highest entry id: nothing follows it, and Redis takes no range after it. */
export const HIGHEST_ENTRY_ID = `${MAX_SEQUENCE}-${MAX_SEQUENCE}`;

const ENTRY_ID = /^(\d{1,20})(?:-(\d{1,20}))?$/;

/** Whether a text is an entry id, complete (`<ms>-<seq>`) or milliseconds only. */
export function isEntryId(text: string): boolean {
  return ENTRY_ID.test(text);
}

/**
 * An entry id as Redis writes it: complete, without leading zeros. Milliseconds alone mean sequence 0.
 *
 * @returns `null` for what is none, or is higher than an id can be.
 */
export function canonicalEntryId(text: string): string | null {
  if (!isEntryId(text)) return null;
  const id = split(text)
    .map((digits) => digits.replace(/^0+(?=\d)/, ''))
    .join('-');
  return split(id).some((digits) => compareDigits(digits, MAX_SEQUENCE) > 0) ? null : id;
}

/** Orders entry ids as Redis does: negative where `a` is older than `b`. Milliseconds alone mean sequence 0. */
export function compareEntryIds(a: string, b: string): number {
  const [aMs, aSeq] = split(a);
  const [bMs, bSeq] = split(b);
  return compareDigits(aMs, bMs) || compareDigits(aSeq, bSeq);
}

/** The first id that an entry stored at this time can have. */
export function firstEntryIdAt(time: Date): string {
  return `${Math.max(0, time.getTime())}-0`;
}

/** The last id before any entry stored at this time: a group that starts there sees all of them. */
export function lastEntryIdBefore(time: Date): string {
  const ms = time.getTime();
  return ms <= 0 ? '0-0' : `${ms - 1}-${MAX_SEQUENCE}`;
}

/** When Redis stored the entry, by its clock. */
export function entryTime(id: string): Date {
  return new Date(Number(split(id)[0]));
}

function split(id: string): [string, string] {
  const dash = id.indexOf('-');
  return dash < 0 ? [id, '0'] : [id.slice(0, dash), id.slice(dash + 1)];
}

// As text: 64-bit numbers don't fit a JavaScript number, and BigInt would allocate on a hot path.
function compareDigits(a: string, b: string): number {
  return a.length - b.length || (a === b ? 0 : a < b ? -1 : 1);
}
