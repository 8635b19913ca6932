import { serialize, type SerializableEvent } from '../wire/by-field.js';
import type { ApiStore } from './stores.js';

/**
 * How far back an event that is fired under a given id is looked for, ms: within this time it is
 * stored once, however often it is fired.
 */
export const ONCE_WITHIN_MS = 10 * 60_000;

/** An event that is ready to be stored. */
export type OutgoingEvent = SerializableEvent;

/**
 * Serialises events, and returns a function that stores them on one stream: all or none, in order.
 * In two steps, so that what can't be serialised is known before anything is sent to any stream.
 *
 * The function honours the settings `event_fire_timeout` and `max_stream_length`, resolves to the
 * entry ids and rejects as `EventStore.append` does.
 *
 * @param options.once store only those events that have not been stored within the last ten minutes; for
 *   the others the function resolves to the ids of the entries that are there.
 * @throws EventSerializationError
 */
export function prepareAppend(
  { store, settings, announce }: ApiStore,
  stream: string,
  events: readonly OutgoingEvent[],
  { once = false }: { readonly once?: boolean } = {},
): () => Promise<string[]> {
  const entries = events.map(serialize);
  return () => {
    announce(stream);
    return store.append(stream, entries, {
      maxLength: settings.event_transport.max_stream_length,
      timeoutMs: settings.event_fire_timeout * 1000,
      ...(once && { onceWithinMs: ONCE_WITHIN_MS }),
    });
  };
}
