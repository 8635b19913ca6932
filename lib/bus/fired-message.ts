import type { EventDefinition } from '../event/event.decorator.js';
import { toMessage, type EventMessage } from '../event/event-message.js';
import type { OncePlace } from '../store/event-store.js';
import type { ApiStore } from '../store/stores.js';
import { deserialize, type SerializableEvent } from '../wire/by-field.js';
import { describeEntry, storedMessage } from './stored-message.js';

/** An event that is ready to be stored. */
export interface PreparedEvent {
  readonly definition: EventDefinition;
  readonly target: ApiStore;
  readonly stream: string;
  /** The instance. */
  readonly payload: object;
  /** What is sent. */
  event: SerializableEvent;
  /** Text of its key; `undefined` where it has none. */
  readonly key: string | undefined;
  /** Once it is stored. */
  message: EventMessage<object> | undefined;
}

/** Messages of those that are stored, in order. */
export function storedOf(prepared: readonly PreparedEvent[]): EventMessage<object>[] {
  const messages: EventMessage<object>[] = [];
  for (const { message } of prepared) if (message) messages.push(message);
  return messages;
}

/**
 * What is stored: the event that was fired, or what was there before under its id.
 *
 * @param warn is told what was irregular about what was there.
 * @throws UpcastError
 */
export function firedMessage(
  { definition: { type }, key, event, payload, stream, target }: PreparedEvent,
  { nativeId, found, sequence }: OncePlace,
  warn: (text: string) => void,
): EventMessage<object> {
  const place = { nativeId, stream, timestamp: target.timeOf(nativeId) };
  if (found === undefined)
    return toMessage(event, payload, place, { isReplay: false, duplicate: false, key, sequence });
  const arrival = { isReplay: false, duplicate: true, sequence };
  const content = found && deserialize(found, stream, nativeId);
  if (content?.kind === 'event') {
    const cast = target.settings.cast_values;
    return storedMessage(content, place, { type, cast, arrival, warn });
  }
  warn(
    `${describeEntry(place)} was stored under the id '${event.id}', and is gone: it was trimmed or deleted. ` +
      'The event is not stored again; its message has the payload that was fired now.',
  );
  return toMessage(event, payload, place, { ...arrival, key });
}
