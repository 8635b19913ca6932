/**
 * Entry ids of Redis Streams: `<ms>-<seq>`, two unsigned 64-bit numbers, ordered. Everything that is
 * calculated with them is here.
 */

const PART_BITS = 64n;
const MAX_PART = (1n << PART_BITS) - 1n;
const MAX_DIGITS = String(MAX_PART);

/** The greatest number that {@link parseEntryId} gives. */
export const MAX_ENTRY_NUMBER = (1n << (2n * PART_BITS)) - 1n;

/** The highest entry id: nothing follows it, and Redis takes no range after it. */
export const HIGHEST_ENTRY_ID = `${MAX_DIGITS}-${MAX_DIGITS}`;

/** The latest time that a `Date` knows, ms. Ids, which anybody may choose, go beyond it. */
const LATEST_MS = 8.64e15;

const ENTRY_ID = /^(\d{1,20})(?:-(\d{1,20}))?$/;

/** Whether a text is an entry id, complete (`<ms>-<seq>`) or milliseconds alone. */
export function isEntryId(text: string): boolean {
  const [, ms, sequence = '0'] = ENTRY_ID.exec(text) ?? [];
  if (ms === undefined) return false;
  return compareDigits(ms, MAX_DIGITS) <= 0 && compareDigits(sequence, MAX_DIGITS) <= 0;
}

/**
 * An entry id as Redis writes it: complete, without leading zeros. Milliseconds alone mean sequence 0.
 *
 * @returns `null` for what is none, or is higher than an id can be.
 */
export function canonicalEntryId(text: string): string | null {
  if (!isEntryId(text)) return null;
  return split(text)
    .map((digits) => digits.replace(/^0+(?=\d)/, ''))
    .join('-');
}

/** Orders entry ids as Redis does: negative where `a` is older than `b`. Milliseconds alone mean sequence 0. */
export function compareEntryIds(a: string, b: string): number {
  // Nearly always both have as many digits in front of the dash, and behind it.
  if (a.length === b.length && a.indexOf('-') === b.indexOf('-')) return a < b ? -1 : a > b ? 1 : 0;
  const [aMs, aSequence] = split(a);
  const [bMs, bSequence] = split(b);
  return compareDigits(aMs, bMs) || compareDigits(aSequence, bSequence);
}

/**
 * An entry id as one number that compares and counts: milliseconds in the upper 64 bits, sequence
 * number in the lower 64.
 *
 * @param missingSequence sequence number of an id that is milliseconds alone: `'last'` is the highest.
 * @returns `undefined` for what is no entry id.
 */
export function parseEntryId(id: string, missingSequence: 0 | 'last' = 0): bigint | undefined {
  if (!isEntryId(id)) return undefined;
  const [ms, sequence] = split(id, missingSequence === 0 ? '0' : MAX_DIGITS);
  return (BigInt(ms) << PART_BITS) | BigInt(sequence);
}

/** The entry id `<ms>-<seq>` of a number, see {@link parseEntryId}. */
export function formatEntryId(number: bigint): string {
  return `${number >> PART_BITS}-${number & MAX_PART}`;
}

/** The highest id below an entry's: a group that starts there is given that entry first. `0-0` for `0-0`. */
export function justBefore(id: string): string {
  const number = parseEntryId(id) ?? 0n;
  return formatEntryId(number === 0n ? 0n : number - 1n);
}

/** The first id that an entry stored at this time can have. */
export function firstEntryIdAt(time: Date): string {
  return `${Math.max(0, time.getTime())}-0`;
}

/** The number of {@link firstEntryIdAt}. @param ms milliseconds since 1970; fractions are cut off. */
export function firstEntryNumberAt(ms: number): bigint {
  return BigInt(Math.max(0, Math.floor(ms))) << PART_BITS;
}

/** The last id before any entry stored at this time: a group that starts there sees all of them. */
export function lastEntryIdBefore(time: Date): string {
  return justBefore(firstEntryIdAt(time));
}

/** When Redis stored the entry, by its clock. */
export function entryTime(id: string): Date {
  const dash = id.indexOf('-');
  return new Date(Math.min(Number(dash < 0 ? id : id.slice(0, dash)), LATEST_MS));
}

function split(id: string, missingSequence = '0'): [string, string] {
  const dash = id.indexOf('-');
  return dash < 0 ? [id, missingSequence] : [id.slice(0, dash), id.slice(dash + 1)];
}

// As text: 64-bit numbers don't fit a JavaScript number, and BigInt would allocate on a hot path.
function compareDigits(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [withoutZeros(a), withoutZeros(b)];
  return left.length - right.length || (left === right ? 0 : left < right ? -1 : 1);
}

// Redis writes none, but takes them from users.
function withoutZeros(digits: string): string {
  return digits.startsWith('0') ? digits.replace(/^0+(?=\d)/, '') : digits;
}
