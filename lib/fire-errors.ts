import { LightbusError } from './errors.js';

/** An event that is certainly stored. */
export interface StoredEvent {
  /** Its Lightbus id. */
  readonly id: string;
  /** Its entry id. */
  readonly nativeId: string;
  readonly stream: string;
}

/**
 * What a program should do after `fire` or `fireAll` failed:
 *
 * - `'again'`: nothing was stored, and the reason may pass. Make the same call again, with the options
 *   that it had.
 * - `'with_ids'`: events are stored, or may be. Fire all of the call again under the `ids` of the error,
 *   `fire(event, { id: error.id })` or `fireAll(events, { ids: error.ids })`: each is then stored once.
 * - `'never'`: the same call would fail again, or store an event twice. Somebody has to look at it.
 */
export type FireRetry = 'again' | 'with_ids' | 'never';

/** What is certain about the events of a call that failed; by default, that none was sent. */
export type FireFacts = Partial<Pick<FireError, 'ids' | 'stored' | 'retry'>>;

/**
 * A `fire` or `fireAll` has failed. `retry` says what to do, whichever subclass it is. Where they throw
 * any other error, the call itself is wrong: a mistake in the program, and nothing was sent.
 */
export abstract class FireError extends LightbusError {
  /**
   * Lightbus ids of all events of the call, in order, which are stored or would have been under them.
   * Empty where the call was refused because of what its events are, before anything was sent.
   */
  readonly ids: readonly string[];
  /** The events of the call that are certainly stored, in order. */
  readonly stored: readonly StoredEvent[];
  /** What to do now. */
  readonly retry: FireRetry;

  /** @param facts by default, nothing was sent, and nothing will be different the next time. */
  constructor(
    message: string,
    { ids = [], stored = [], retry = 'never' }: FireFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.ids = ids;
    this.stored = stored;
    this.retry = retry;
  }

  /** Lightbus id of the event; of the first one, if several were fired together. Empty without `ids`. */
  get id(): string {
    return this.ids[0] ?? '';
  }
}

/** An event was fired that this service has not registered with `LightbusModule.forFeature`. Nothing was sent. */
export class UnknownEventError extends FireError {
  readonly code = 'LIGHTBUS_UNKNOWN_EVENT';
}

/** One property that failed validation. */
export interface InvalidProperty {
  /** Path inside the payload: `customer.address.zip`, `lines.0.quantity`. */
  readonly path: string;
  /** What was found there. */
  readonly value: unknown;
  /** Constraint name to message, as class-validator gives them: `{ isInt: 'quantity must be …' }`. */
  readonly constraints: Readonly<Record<string, string>>;
  /** Which event of a `fireAll` it belongs to, from 0. */
  readonly index?: number;
}

/**
 * An event does not satisfy its class, or several of a `fireAll` do not. Nothing was sent. Where a validator threw, that is
 * the `cause`.
 */
export class EventValidationError extends FireError {
  readonly code = 'LIGHTBUS_EVENT_VALIDATION';

  constructor(
    message: string,
    /** Canonical name of the event, of the first invalid one of a `fireAll`: `store.orders.placed`. */
    readonly canonicalName: string,
    /** Every property that failed. */
    readonly properties: readonly InvalidProperty[],
    options?: ErrorOptions,
  ) {
    super(message, {}, options);
  }
}

/** A payload holds what JSON can't carry (a function, a symbol, a cycle). Nothing was sent. */
export class EventSerializationError extends FireError {
  readonly code = 'LIGHTBUS_EVENT_SERIALIZATION';
}

/** An event was fired after the bus was closed. Nothing was sent. */
export class BusClosedError extends FireError {
  readonly code = 'LIGHTBUS_BUS_CLOSED';
}

/**
 * Certainly no event of the call was stored: Redis could not be reached in time, or it refused. `retry`
 * is `'again'`, or `'never'` where it would refuse again: a missing right, a key that is no stream, an
 * event that is too large.
 */
export class PublishError extends FireError {
  readonly code = 'LIGHTBUS_PUBLISH';
}

/**
 * Some events of a `fireAll` are stored (`stored`), and the others are not: events of several streams
 * take a transaction each, and one failed; `cause` says why. `retry` is `'with_ids'`, or `'never'` where
 * the others would fail again.
 */
export class PartiallyStoredError extends FireError {
  readonly code = 'LIGHTBUS_PARTIALLY_STORED';
}

/**
 * The connection died, or time ran out, after the command was written: Redis may or may not have
 * stored the events that are not in `stored`. `retry` is `'with_ids'`, or `'never'` for an event that is
 * too large to be stored under a given id: look for it in the history.
 */
export class PublishOutcomeUnknownError extends FireError {
  readonly code = 'LIGHTBUS_PUBLISH_OUTCOME_UNKNOWN';
}

/**
 * Every event of the call is stored, some of them before, under the ids that were given; but what is stored
 * under these could not be read, so that their messages can't be told. `retry` is `'with_ids'`, or
 * `'never'` where Redis would refuse the reading again.
 */
export class StoredEventUnreadError extends FireError {
  readonly code = 'LIGHTBUS_STORED_EVENT_UNREAD';
}

/**
 * The primary has stored every event of the call, but fewer replicas than the setting `min_replicas`
 * confirmed it in time. They are in their streams and will be handled; only a failover at this moment
 * could lose them. `retry` is `'with_ids'`, which waits for the replicas once more, or `'never'` where
 * that would be in vain.
 */
export class NotReplicatedError extends FireError {
  readonly code = 'LIGHTBUS_NOT_REPLICATED';
  /** How many replicas have confirmed. */
  readonly replicas: number;

  constructor(
    message: string,
    { replicas, ...facts }: FireFacts & Pick<NotReplicatedError, 'replicas'>,
    options?: ErrorOptions,
  ) {
    super(message, facts, options);
    this.replicas = replicas;
  }

  /** Entry id of the event; of the first one, if several were fired together. */
  get nativeId(): string {
    return this.stored[0]?.nativeId ?? '';
  }
}

/**
 * The entity has another number of events than `expectedVersion` said: somebody else has changed it. Nothing was
 * stored. `retry` is `'never'`: load it again, and decide anew (`Aggregates.change` does that).
 */
export class ConcurrencyError extends FireError {
  readonly code = 'LIGHTBUS_CONCURRENCY';
  /** Text of the key of the entity. */
  readonly key: string;
  /** How many events were expected to be stored. */
  readonly expected: number;
  /** How many are. */
  readonly actual: number;

  constructor(
    message: string,
    {
      key,
      expected,
      actual,
      ...facts
    }: FireFacts & Pick<ConcurrencyError, 'key' | 'expected' | 'actual'>,
  ) {
    super(message, facts);
    this.key = key;
    this.expected = expected;
    this.actual = actual;
  }
}
