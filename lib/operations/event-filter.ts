import type { DecodedEvent } from '../wire/by-field.js';
import type { StreamOwner } from '../wire/stream-names.js';
import type { NamePattern } from './glob.js';
import type { PayloadTest } from './json-path.js';

/** Lightbus's own APIs; their events are about workers, not about the business. */
const INTERNAL = 'internal.';

/** Which events are asked for: all conditions that are given must hold. */
export interface EventFilter {
  /** Lightbus id. */
  readonly id?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Name of the event, without its API. */
  readonly event?: NamePattern | undefined;
  readonly version?: ((version: number) => boolean) | undefined;
  readonly jsonPath?: PayloadTest | undefined;
}

/** Which streams are asked for. */
export interface StreamFilter extends Pick<EventFilter, 'event'> {
  readonly api?: NamePattern | undefined;
  /** Whether Lightbus's own APIs are, though they aren't named. @default false */
  readonly internal?: boolean | undefined;
}

/**
 * Whether a stream can hold what is asked for. As in Lightbus, the stream says whose API an event
 * is, so that other streams need not be read.
 */
export function holdsWanted(
  { apiName, eventName }: StreamOwner,
  { api, event, internal }: StreamFilter,
): boolean {
  const isApiWanted = api ? api.test(apiName) : Boolean(internal) || !apiName.startsWith(INTERNAL);
  return isApiWanted && (eventName === '*' || !event || event.test(eventName));
}

/** Whether an event is asked for, on a stream that {@link holdsWanted}. */
export function isWanted(
  { id, eventName, version, parameters, side }: DecodedEvent,
  filter: EventFilter,
): boolean {
  return (
    (filter.id === undefined || filter.id === id) &&
    (filter.correlationId === undefined || filter.correlationId === side?.correlationId) &&
    (filter.event?.test(eventName) ?? true) &&
    (filter.version?.(version) ?? true) &&
    (filter.jsonPath?.(parameters) ?? true)
  );
}

/** Whether only entries that are events can be asked for. */
export function asksForEvents(filter: EventFilter): boolean {
  const { id, correlationId, event, version, jsonPath } = filter;
  return [id, correlationId, event, version, jsonPath].some((condition) => condition !== undefined);
}
