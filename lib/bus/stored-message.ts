import type { Type } from '@nestjs/common';
import {
  toMessage,
  type EventArrival,
  type EventMessage,
  type EventPlace,
} from '../event/event-message.js';
import { materialise } from '../event/materialise.js';
import type { DecodedEvent } from '../wire/by-field.js';
import { keyTextOf } from '../wire/entity-key.js';

/** How the message of a stored entry is made. */
export interface StoredMessageOptions {
  /** The event's class; `undefined` where none is known. */
  readonly type: Type<object> | undefined;
  /** Setting `cast_values`. */
  readonly cast: boolean;
  readonly arrival: EventArrival;
  /** Is told what was irregular about the entry. */
  readonly warn: (text: string) => void;
}

/**
 * Makes the message of an entry that anybody may have written: for history, and for what is fired again.
 *
 * @throws UpcastError
 */
export function storedMessage(
  stored: DecodedEvent,
  place: EventPlace,
  { type, cast, arrival, warn }: StoredMessageOptions,
): EventMessage<object> {
  const { event, payload, keyValue, notes } = materialise(stored, type, { cast });
  if (notes.length > 0) warn(`${describeEntry(place)} is irregular: ${notes.join('; ')}.`);
  const key = arrival.key ?? (keyValue === undefined ? undefined : keyTextOf(keyValue));
  return toMessage(event, payload, place, key === undefined ? arrival : { ...arrival, key });
}

/** Which entry it is, as the start of a sentence. */
export function describeEntry({
  nativeId,
  stream,
}: Pick<EventPlace, 'nativeId' | 'stream'>): string {
  return `Entry ${nativeId} on '${stream}'`;
}
