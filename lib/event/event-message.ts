import { canonicalName, type EventName } from './event-name.js';
import type { EventHeaders, SideData } from './side-data.js';

/**
 * One event as it travels: identity, payload and where it is stored. Read-only.
 *
 * `T` is the type of the payload: the event class, where one is known.
 */
export interface EventMessage<T = Record<string, unknown>> {
  /** Lightbus id, made by whoever fired the event (protocol field `id`). */
  readonly id: string;
  /** Redis entry id (`<ms>-<seq>`): the event's place in the history of its stream. */
  readonly nativeId: string;
  /** API that the event belongs to: `store.orders`. */
  readonly apiName: string;
  /** Event name within its API: `placed`. */
  readonly eventName: string;
  /** `<api>.<event>`: `store.orders.placed`. */
  readonly canonicalName: string;
  /** Version that the payload has: that of the event's class, where upcasters have lifted it; else the stored one. */
  readonly version: number;
  /** Version that lies in the stream (protocol field `version`). */
  readonly storedVersion: number;
  /**
   * Text of the key: which entity (aggregate) the event is about. Where its class is known and has a `key`, and
   * where it was read or stored by one.
   */
  readonly key?: string;
  /** The how many-th event of its entity it is, from 1. Where it was read or stored by key. */
  readonly sequence?: number;
  /** The event's parameters: an instance of the event class where one is known. */
  readonly payload: T;
  /** When Redis stored the event (milliseconds of the entry id, Redis's clock). */
  readonly timestamp: Date;
  /** Redis key of the stream that holds the event. */
  readonly stream: string;
  /**
   * When `fire` was called, by the clock of the process that did; stored with the event, as all down to
   * {@link headers}: `undefined` where the entry has none.
   */
  readonly firedAt?: Date;
  /** What the event belongs to: the same for all that one cause has led to. */
  readonly correlationId?: string;
  /** Lightbus id of the event that caused it: the one in whose handler it was fired. */
  readonly causationId?: string;
  /** W3C Trace Context: the span that the event was fired in. */
  readonly traceparent?: string;
  /** W3C Trace Context: what vendors say of the trace. */
  readonly tracestate?: string;
  /** The sender's own headers; frozen. */
  readonly headers?: EventHeaders;
  /** Consumer group that the event was delivered to. Only on a delivery. */
  readonly consumerGroup?: string;
  /** How often the group has handed this event to a consumer; 1 is the first. Only on a delivery. */
  readonly deliveryCount?: number;
  /**
   * Whether the event was stored before, under the id that it was fired with: then this is what is stored,
   * payload included. Only on what `fire` and `fireAll` return.
   */
  readonly duplicate?: boolean;
  /** Whether the event was read for a replay of the history rather than as a live delivery. */
  readonly isReplay: boolean;
  /**
   * Aborted when the handler should stop: its time is up, the event was taken over by another process,
   * or the application shuts down. Only on a delivery.
   */
  readonly signal?: AbortSignal;
}

/**
 * Stands for the type where TypeScript records the types of a decorated method's parameters as values:
 * without it, a plain `import { EventMessage }` would fail there. `Object` is recorded for interfaces.
 */
export const EventMessage: unknown = Object;

/** What an event says of itself, apart from its payload. */
export interface EventIdentity extends EventName {
  /** Lightbus id. */
  readonly id: string;
  /** Version of the payload. */
  readonly version: number;
  /** Version that is stored. @default `version` */
  readonly storedVersion?: number;
  /** What its sender says of it beside the payload. */
  readonly side?: SideData;
}

/** Where an event is stored. */
export interface EventPlace {
  readonly nativeId: string;
  readonly stream: string;
  /** When the store stored it. */
  readonly timestamp: Date;
}

/**
 * How an event reached its reader. Group, count and signal belong to a delivery only, `duplicate` to what
 * was fired, `sequence` to what was read or stored by key.
 */
export interface EventArrival extends Pick<
  EventMessage,
  'consumerGroup' | 'deliveryCount' | 'duplicate' | 'isReplay' | 'key' | 'sequence'
> {
  /** Gives the signal when somebody asks the message for it: few handlers ever do, and making one costs. */
  readonly signal?: () => AbortSignal;
}

/** Makes the message of an event: for firing, history and listeners alike, always of one shape. */
export function toMessage<T extends object>(
  event: EventIdentity,
  payload: T,
  place: EventPlace,
  arrival: EventArrival = { isReplay: false },
): EventMessage<T> {
  const { consumerGroup, deliveryCount, duplicate, isReplay, key, sequence, signal } = arrival;
  // Property by property: what is given may hold more than is anybody else's business.
  const message: { -readonly [P in keyof EventMessage<T>]: EventMessage<T>[P] } = {
    id: event.id,
    nativeId: place.nativeId,
    apiName: event.apiName,
    eventName: event.eventName,
    canonicalName: canonicalName(event),
    version: event.version,
    storedVersion: event.storedVersion ?? event.version,
    payload,
    // A date can be changed, and this one may be the store's.
    timestamp: new Date(place.timestamp),
    stream: place.stream,
    isReplay,
  };
  if (event.side !== undefined) addSide(message, event.side);
  // Not spread into the literal, which would cost more than all the rest of it.
  if (key !== undefined) message.key = key;
  if (sequence !== undefined) message.sequence = sequence;
  if (duplicate !== undefined) message.duplicate = duplicate;
  if (consumerGroup !== undefined) {
    message.consumerGroup = consumerGroup;
    message.deliveryCount = deliveryCount;
  }
  if (signal) addSignal(message, signal);
  return Object.freeze(message);
}

function addSide(message: { -readonly [P in keyof EventMessage]?: unknown }, side: SideData): void {
  if (side.firedAt !== undefined) message.firedAt = new Date(side.firedAt);
  if (side.correlationId !== undefined) message.correlationId = side.correlationId;
  if (side.causationId !== undefined) message.causationId = side.causationId;
  if (side.traceparent !== undefined) message.traceparent = side.traceparent;
  if (side.tracestate !== undefined) message.tracestate = side.tracestate;
  if (side.headers !== undefined) message.headers = side.headers;
}

/** Where a message keeps what makes its signal: what is copied from a message is the signal itself. */
const MAKE_SIGNAL = Symbol('signal');

/**
 * The property `signal` of all messages. A getter of its own for each one, a closure, would cost a message
 * several times what the rest of it does.
 */
const SIGNAL: PropertyDescriptor = {
  enumerable: true,
  // Nothing private: who asks may be a proxy of the message, or an object that inherits from it.
  get(this: { readonly [MAKE_SIGNAL]: () => AbortSignal }) {
    return this[MAKE_SIGNAL]();
  },
};

function addSignal(message: object, make: () => AbortSignal): void {
  Object.defineProperty(message, MAKE_SIGNAL, { value: make });
  Object.defineProperty(message, 'signal', SIGNAL);
}
