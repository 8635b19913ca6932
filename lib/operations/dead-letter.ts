import { inspect } from 'node:util';
import { InvalidOptionsError } from '../errors.js';
import { canonicalEntryId, entryTime } from '../wire/entry-id.js';
import { printable } from '../wire/printable.js';
import type { StoredDeadLetter } from '../store/event-store.js';

/** `reason` of what somebody else has put on a dead-letter stream. */
export const FOREIGN = 'foreign';

/**
 * An event that was given up, with its original fields; or what somebody else has put on the dead-letter
 * stream, which is shown as such.
 */
export interface DeadLetter {
  /** Entry id of the dead letter: what `redrive` and `discard` take. */
  readonly id: string;
  /** Stream and id of the original entry, which stays where it is. Of a foreign one: `''` for the id. */
  readonly stream: string;
  readonly nativeId: string;
  /**
   * `failed`, `invalid`, `malformed` or `deleted`. `foreign`: this listener has not put it there. `redrive`
   * leaves it alone, `discard` removes it; `listener` and `consumer` are `''`, `attempts` is 0.
   */
  readonly reason: string;
  /** The error, or what is wrong with a foreign one, in words. */
  readonly message: string;
  /** Stack of the handler's last error. */
  readonly stack?: string;
  /** How often the handler was tried. */
  readonly attempts: number;
  readonly listener: string;
  readonly consumer: string;
  /** When it was given up; of a foreign one, when it was put there. */
  readonly time: Date;
  /** The original entry's fields, flat; `null` where its data was gone. Of a foreign one its own. */
  readonly fields: readonly string[] | null;
}

/** An entry of a dead-letter stream as users see it. */
export function toDeadLetter({ id, report, fields }: StoredDeadLetter, stream: string): DeadLetter {
  if (!report) return foreignLetter(id, stream, fields, 'it is no dead letter');
  // The id of another stream's entry may be that of an innocent one here.
  if (report.stream !== stream) return foreignLetter(id, stream, fields, 'it is of another stream');
  if (report.reason === FOREIGN) return foreignLetter(id, stream, fields, 'it says so itself');
  const { nativeId, reason, message, stack, attempts, listener, consumer, time } = report;
  return {
    ...{ id, stream, nativeId, reason, message, stack, attempts, listener, consumer, fields },
    time: new Date(time),
  };
}

function foreignLetter(
  id: string,
  stream: string,
  fields: readonly string[] | null,
  why: string,
): DeadLetter {
  return {
    ...{ id, stream, nativeId: '', reason: FOREIGN, attempts: 0, listener: '', consumer: '' },
    message:
      `Somebody else has put this entry on the dead-letter stream: ${why}. It can't be driven again; ` +
      "'discard' removes it by its id.",
    ...{ stack: undefined, time: entryTime(id), fields },
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
