import { createHash } from 'node:crypto';
import { deserialize } from '../wire/by-field.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { checkLetterId, type DeadLetter } from './dead-letter.js';
import { errorPattern } from './error-pattern.js';

/** Which dead letters are meant; those that all that is given is true of. */
export interface DeadLetterFilter {
  /** Given up for this error: the `id` of a `DeadLetterGroup`. */
  readonly error?: string;
  /** Of this event: `api.event`, or the event's name alone. */
  readonly event?: string;
  /** Given up at this time or later. */
  readonly since?: Date;
  /** Given up before this time. */
  readonly until?: Date;
  /** No newer than the letter of this id: what somebody has been shown, not what has come since. */
  readonly upTo?: string;
}

/** Which error a letter was given up for. */
export interface LetterError {
  /** The same wherever the error is the same: 12 hexadecimal digits. */
  readonly id: string;
  /** `reason` of the letter. */
  readonly reason: string;
  /** Its message, with `…` for what differs from one occurrence to the next. */
  readonly error: string;
}

/** Reason and message of a letter, without what differs from one letter to the next. */
export function errorOf({ reason, message }: Pick<DeadLetter, 'reason' | 'message'>): LetterError {
  const error = errorPattern(message);
  const text = JSON.stringify([reason, error]);
  const id = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { id, reason, error };
}

/** `api.event` of the event that was given up; `undefined` where nobody can know. */
export function eventOf(
  letter: Pick<DeadLetter, 'fields' | 'stream' | 'nativeId'>,
): string | undefined {
  const content = contentOf(letter);
  return content && `${content.apiName}.${content.eventName}`;
}

/**
 * Whether a letter is one of those that are meant.
 *
 * @throws InvalidOptionsError where `upTo` is no id of a letter.
 */
export function letterTest(filter: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const { error, event, since, until } = filter;
  const upTo = filter.upTo === undefined ? undefined : checkLetterId(filter.upTo);
  return (letter) =>
    (upTo === undefined || compareEntryIds(letter.id, upTo) <= 0) &&
    (since === undefined || letter.time >= since) &&
    (until === undefined || letter.time < until) &&
    (error === undefined || errorOf(letter).id === error) &&
    (event === undefined || isOfEvent(letter, event));
}

function isOfEvent(letter: DeadLetter, event: string): boolean {
  const content = contentOf(letter);
  if (!content) return false;
  return content.eventName === event || `${content.apiName}.${content.eventName}` === event;
}

function contentOf({
  fields,
  stream,
  nativeId,
}: Pick<DeadLetter, 'fields' | 'stream' | 'nativeId'>) {
  const content = deserialize(fields ?? [], stream, nativeId);
  return content.kind === 'event' ? content : undefined;
}
