import { inspect } from 'node:util';
import { InvalidOptionsError } from '../errors.js';
import { canonicalEntryId } from '../wire/entry-id.js';
import { printable } from '../wire/printable.js';
import type { StoredDeadLetter } from '../store/event-store.js';

/** An event that was given up, with its original fields. */
export interface DeadLetter {
  /** Entry id of the dead letter: what `redrive` and `discard` take. */
  readonly id: string;
  /** Stream and id of the original entry, which stays where it is. */
  readonly stream: string;
  readonly nativeId: string;
  /** `failed`, `invalid`, `malformed` or `deleted`. */
  readonly reason: string;
  /** The error, in words. */
  readonly message: string;
  /** Stack of the handler's last error. */
  readonly stack?: string;
  /** How often the handler was tried. */
  readonly attempts: number;
  readonly listener: string;
  readonly consumer: string;
  /** When it was given up. */
  readonly time: Date;
  /** The original entry's fields, flat; `null` where its data was gone. */
  readonly fields: readonly string[] | null;
}

/**
 * An entry of a dead-letter stream as users see it; `null` where it is none of this stream's letters:
 * somebody else has put it there.
 */
export function toDeadLetter(
  { id, report, fields }: StoredDeadLetter,
  stream: string,
): DeadLetter | null {
  // The id of another stream's entry may be that of an innocent one here.
  if (report?.stream !== stream) return null;
  const { nativeId, reason, message, stack, attempts, listener, consumer, time } = report;
  return {
    ...{ id, stream, nativeId, reason, message, stack, attempts, listener, consumer, fields },
    time: new Date(time),
  };
}

/** A letter's id as Redis writes it. @throws InvalidOptionsError for what can't be one. */
export function checkLetterId(given: unknown): string {
  const id = typeof given === 'string' ? canonicalEntryId(given) : null;
  if (id !== null) return id;
  const found = printable(typeof given === 'string' ? `'${given}'` : inspect(given));
  throw new InvalidOptionsError(
    `${found} is no id of a dead letter. Expected an entry id such as '1700000000000-0': ` +
      'each dead letter tells its own. Nothing was done.',
  );
}
