import { serialize, type SerializableEvent } from '../wire/by-field.js';
import type { ApiTransport } from './transports.js';

/** An event that is ready to be stored. */
export type OutgoingEvent = SerializableEvent;

/**
 * Serialises events, and returns a function that stores them on one stream: all or none, in order.
 * In two steps, so that what can't be serialised is known before anything is sent to any stream.
 *
 * The function honours the settings `event_fire_timeout` and `max_stream_length`, resolves to the
 * entry ids and rejects as `EventTransport.append` does.
 *
 * @throws EventSerializationError
 */
export function prepareAppend(
  { transport, settings }: ApiTransport,
  stream: string,
  events: readonly OutgoingEvent[],
): () => Promise<string[]> {
  const entries = events.map(serialize);
  return () =>
    transport.append(stream, entries, {
      maxLength: settings.event_transport.max_stream_length,
      timeoutMs: settings.event_fire_timeout * 1000,
    });
}
