/**
 * One event as it travels: identity, payload and where it is stored. Read-only.
 *
 * `T` is the type of the payload: the event class, where one is known.
 *
 * An abstract class, of which nothing is an instance: the types of a decorated method's parameters
 * are recorded as values, so an interface could only be imported with `import type`.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the payload's type
export abstract class EventMessage<T = Record<string, unknown>> {
  /** Lightbus id, made by whoever fired the event (protocol field `id`). */
  abstract readonly id: string;
  /** Redis entry id (`<ms>-<seq>`): the event's place in the history of its stream. */
  abstract readonly nativeId: string;
  /** API that the event belongs to: `store.orders`. */
  abstract readonly apiName: string;
  /** Event name within its API: `placed`. */
  abstract readonly eventName: string;
  /** `<api>.<event>`: `store.orders.placed`. */
  abstract readonly canonicalName: string;
  /** Version of the API that the event was fired with (protocol field `version`). */
  abstract readonly version: number;
  /** The event's parameters: an instance of the event class where one is known. */
  abstract readonly payload: T;
  /** When Redis stored the event (milliseconds of the entry id, Redis's clock). */
  abstract readonly timestamp: Date;
  /** Redis key of the stream that holds the event. */
  abstract readonly stream: string;
  /** Consumer group that the event was delivered to. Only on a delivery. */
  abstract readonly consumerGroup?: string;
  /** How often the group has handed this event to a consumer; 1 is the first. Only on a delivery. */
  abstract readonly deliveryCount?: number;
  /** Whether the event was read for a replay of the history rather than as a live delivery. */
  abstract readonly isReplay: boolean;
  /**
   * Aborted when the handler should stop: its consumer lost the event to another one.
   * Only on a delivery.
   */
  abstract readonly signal?: AbortSignal;
}
