import type { EventMessage } from '../event/event-message.js';
import type { FlatFields } from '../store/entries.js';

/** Key of an option of `EventBus.fireAll` that only `Aggregates` gives, beside `expectedVersion`: see {@link DecidedOn}. */
export const DECIDED_ON = Symbol('decidedOn');

/**
 * The state that events were decided on. That there are as many events as then is not enough: where history has
 * lost some (a restart without the last second, a deletion), others may have taken their places.
 */
export interface DecidedOn {
  /** Entry id of the last event that it was made of; `undefined` for none. */
  readonly nativeId: string | undefined;
}

const STORED = new WeakMap<EventMessage<object>, FlatFields>();

/** Remembers the fields that are stored of a message; none where they are gone. */
export function rememberStored(
  message: EventMessage<object>,
  fields: FlatFields | null | undefined,
): void {
  if (fields) STORED.set(message, fields);
}

/** The fields that are stored of what was fired as {@link DecidedOn}; `undefined` where they are gone. */
export function storedFieldsOf(message: EventMessage<object>): FlatFields | undefined {
  return STORED.get(message);
}
