import type { Type } from '@nestjs/common';
import { decode } from '../event/codec.js';
import {
  toMessage,
  type EventArrival,
  type EventMessage,
  type EventPlace,
} from '../event/event-message.js';
import type { DecodedEvent } from '../wire/by-field.js';

/** How the message of a stored entry is made. */
export interface StoredMessageOptions {
  /** The event's class; `undefined` where it is selected by name. */
  readonly type: Type<object> | undefined;
  /** Setting `cast_values`. */
  readonly cast: boolean;
  readonly arrival: EventArrival;
  /** Is told what was irregular about the entry. */
  readonly warn: (text: string) => void;
}

/** Makes the message of an entry that anybody may have written: for history, and for what is fired again. */
export function storedMessage(
  event: DecodedEvent,
  place: EventPlace,
  { type, cast, arrival, warn }: StoredMessageOptions,
): EventMessage<object> {
  const { payload, note } = decode(type, event.parameters, { cast });
  const notes = note ? [...event.notes, note] : event.notes;
  if (notes.length > 0) warn(`${describeEntry(place)} is irregular: ${notes.join('; ')}.`);
  return toMessage(event, payload, place, arrival);
}

/** Which entry it is, as the start of a sentence. */
export function describeEntry({
  nativeId,
  stream,
}: Pick<EventPlace, 'nativeId' | 'stream'>): string {
  return `Entry ${nativeId} on '${stream}'`;
}
