import { serialize, type SerializableEvent } from '../wire/by-field.js';
import type { ApiTransport } from './transports.js';

/** An event that is ready to be stored. */
export type OutgoingEvent = SerializableEvent;

/**
 * Serialises events and stores them on the stream of their API: all or none, in order.
 *
 * Honours the settings `event_fire_timeout` and `max_stream_length`.
 *
 * @returns entry ids.
 * @throws EventSerializationError before anything is sent; otherwise as `EventTransport.append`.
 */
export function appendEvents(
  { transport, settings }: ApiTransport,
  stream: string,
  events: readonly OutgoingEvent[],
): Promise<string[]> {
  return transport.append(stream, events.map(serialize), {
    maxLength: settings.event_transport.max_stream_length,
    timeoutMs: settings.event_fire_timeout * 1000,
  });
}
