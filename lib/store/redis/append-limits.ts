import { constants } from 'node:buffer';
import type { FlatFields } from '../entries.js';

/** How large events may be: bounds that are known before anything is sent. */
export interface AppendLimits {
  /** Of an event that is stored 'once': its fields. */
  readonly fieldsOnce: number;
  /** Of one name or value: bytes. */
  readonly valueBytes: number;
  /** Of all that is stored in one step: bytes, names and values with what goes between them. */
  readonly stepBytes: number;
  /** The same in characters. */
  readonly stepLength: number;
}

const LIMITS: AppendLimits = {
  // A script of Redis can pass about 8,000 names and values to one command.
  fieldsOnce: 3_500,
  // `proto-max-bulk-len`, as Redis has it by default.
  valueBytes: 512 * 2 ** 20,
  // `client-query-buffer-limit`, by default: whoever sends more is disconnected, without an answer.
  stepBytes: 2 ** 30,
  // ioredis writes a step as one text. Where that gets too long it has noted commands already that are
  // never written, and takes the answers to others for theirs.
  stepLength: constants.MAX_STRING_LENGTH,
};

/** What goes before and after each name and value, at most: `$536870912\r\n` and `\r\n`. */
const BETWEEN = 16;

/** The same of each entry, beyond its fields: the command, its stream, its place, its key. */
const AROUND = 1_000;

/** A character of JavaScript is at most so many bytes of UTF-8. */
const MOST_BYTES = 3;

/**
 * Why entries can't be stored in one step, with their size and the limit; `undefined` where they can, as
 * far as sizes go.
 */
export function tooLarge(
  entries: readonly FlatFields[],
  isOnce: boolean,
  limits: AppendLimits = LIMITS,
): string | undefined {
  return (isOnce ? tooLargeForOnce(entries, limits) : undefined) ?? tooLong(entries, limits);
}

/** Why entries can't be stored 'once', whatever their length. */
export function tooLargeForOnce(
  entries: readonly FlatFields[],
  { fieldsOnce }: Pick<AppendLimits, 'fieldsOnce'> = LIMITS,
): string | undefined {
  const most = entries.reduce((found, { length }) => Math.max(found, length / 2), 0);
  if (most <= fieldsOnce) return undefined;
  return (
    `an event of ${most} fields can't be stored under a given id: a script of Redis takes ${fieldsOnce} at ` +
    'most. Look for it in the history, and fire it without an id if it is not there'
  );
}

function tooLong(
  entries: readonly FlatFields[],
  { valueBytes, stepBytes, stepLength }: AppendLimits,
): string | undefined {
  let length = 0;
  for (const fields of entries) {
    length += AROUND + fields.length * BETWEEN;
    for (const text of fields) length += text.length;
  }
  // Nearly always: the bytes need not be counted.
  if (length * MOST_BYTES <= Math.min(valueBytes, stepBytes, stepLength)) return undefined;
  if (length > stepLength) return stepTooLong(entries, length, stepLength, 'characters');
  let bytes = 0;
  for (const fields of entries) {
    bytes += AROUND + fields.length * BETWEEN;
    for (const text of fields) {
      const size = Buffer.byteLength(text);
      if (size > valueBytes) {
        return `one of its values has ${size} bytes, and Redis takes ${valueBytes} at most (proto-max-bulk-len)`;
      }
      bytes += size;
    }
  }
  if (bytes <= stepBytes) return undefined;
  return stepTooLong(entries, bytes, stepBytes, 'bytes');
}

function stepTooLong(
  entries: readonly FlatFields[],
  size: number,
  limit: number,
  unit: string,
): string {
  const [has, remedy] =
    entries.length === 1
      ? ['the event has', 'Keep large data elsewhere, and fire where it is']
      : ['together they have', 'Fire fewer at a time'];
  return `${has} ${size} ${unit} as they are sent, and ${limit} are the most. ${remedy}`;
}
