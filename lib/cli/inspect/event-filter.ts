import type { DecodedEvent } from '../../wire/by-field.js';
import type { StreamOwner } from '../../wire/stream-names.js';
import type { InspectOptions } from './inspect-options.js';

/** Lightbus's own APIs; their events are about workers, not about the business. */
const INTERNAL = 'internal.';

/**
 * Whether a stream can hold what is asked for. As in Lightbus, the stream says whose API an event
 * is, so that other streams need not be read.
 */
export function holdsWanted(
  { apiName, eventName }: StreamOwner,
  { api, event, internal }: Pick<InspectOptions, 'api' | 'event' | 'internal'>,
): boolean {
  const isApiWanted = api ? api.test(apiName) : Boolean(internal) || !apiName.startsWith(INTERNAL);
  return isApiWanted && (eventName === '*' || !event || event.test(eventName));
}

/** Whether an event is asked for, on a stream that {@link holdsWanted}. */
export function isWanted(
  { id, eventName, version, parameters, side }: DecodedEvent,
  options: Pick<InspectOptions, 'id' | 'correlationId' | 'event' | 'version' | 'jsonPath'>,
): boolean {
  return (
    (options.id === undefined || options.id === id) &&
    (options.correlationId === undefined || options.correlationId === side?.correlationId) &&
    (options.event?.test(eventName) ?? true) &&
    (options.version?.(version) ?? true) &&
    (options.jsonPath?.(parameters) ?? true)
  );
}

/** Whether only entries that are events can be asked for. */
export function asksForEvents(options: InspectOptions): boolean {
  const { id, correlationId, event, version, jsonPath } = options;
  return [id, correlationId, event, version, jsonPath].some((condition) => condition !== undefined);
}
