/**
 * Every error that this module throws. All extend {@link LightbusError} and have a stable `code`;
 * a message says what was attempted, why it failed and what to do.
 */

/** Base class of every error of this module. Catch it to tell our errors from all others. */
export abstract class LightbusError extends Error {
  /** Stable identifier, safe to compare with; the message may change between releases. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One thing that is wrong with a configuration. */
export interface ConfigurationProblem {
  /** Where the value came from: a file name, a URL (password masked), `forRoot options`, `environment`. */
  readonly source: string;
  /** Path of the key, dotted: `apis.default.event_transport.redis.batch_size`. */
  readonly path: string;
  /** What the rule asks for. */
  readonly expected: string;
  /** What was found, secrets masked. */
  readonly found: string;
  /** The nearest key that exists, where an unknown key looks like a misspelling. */
  readonly nearest?: string;
}

/** The configuration can't be used. The application does not start; `problems` lists every mistake. */
export class ConfigurationError extends LightbusError {
  readonly code = 'LIGHTBUS_CONFIGURATION';

  constructor(
    message: string,
    readonly problems: readonly ConfigurationProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A class, name or selector breaks Lightbus's naming rules, or a class lacks its `@Event`. */
export class EventDefinitionError extends LightbusError {
  readonly code = 'LIGHTBUS_EVENT_DEFINITION';
}

/** An event was fired that this service has not registered with `LightbusModule.forFeature`. */
export class UnknownEventError extends LightbusError {
  readonly code = 'LIGHTBUS_UNKNOWN_EVENT';
}

/** An option of `fire`, `fireAll` or `history` is unknown or has an impossible value. Nothing was done. */
export class InvalidOptionsError extends LightbusError {
  readonly code = 'LIGHTBUS_INVALID_OPTIONS';
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

/** An event does not satisfy its class, or several of a `fireAll` do not. Nothing was sent. */
export class EventValidationError extends LightbusError {
  readonly code = 'LIGHTBUS_EVENT_VALIDATION';

  constructor(
    message: string,
    /** Canonical name of the event, of the first invalid one of a `fireAll`: `store.orders.placed`. */
    readonly canonicalName: string,
    /** Every property that failed. */
    readonly properties: readonly InvalidProperty[],
  ) {
    super(message);
  }
}

/** A payload holds what JSON can't carry (a function, a symbol, a cycle). Nothing was sent. */
export class EventSerializationError extends LightbusError {
  readonly code = 'LIGHTBUS_EVENT_SERIALIZATION';
}

/** A decorator or the set of listeners is wrong: duplicate names, an impossible option. */
export class ListenerDefinitionError extends LightbusError {
  readonly code = 'LIGHTBUS_LISTENER_DEFINITION';
}

/** A point in history, `since` or `until`, is neither one of its words, a valid `Date` nor an entry id. */
export class InvalidPositionError extends LightbusError {
  readonly code = 'LIGHTBUS_INVALID_POSITION';
}

/** A handler did not settle within its `timeout`. Its message's `signal` was aborted. */
export class HandlerTimeoutError extends LightbusError {
  readonly code = 'LIGHTBUS_HANDLER_TIMEOUT';
}

/**
 * Another live process reads under the same service and process name. Two of them would take each
 * other's events for their own; give each process a name of its own.
 */
export class ProcessNameInUseError extends LightbusError {
  readonly code = 'LIGHTBUS_PROCESS_NAME_IN_USE';
}

/**
 * Another listener has the same consumer group: service `store` with listener `mails-send`, and service
 * `store-mails` with listener `send`.
 */
export class GroupNameInUseError extends LightbusError {
  readonly code = 'LIGHTBUS_GROUP_NAME_IN_USE';
}

/** A listener name was given that this process does not have. */
export class UnknownListenerError extends LightbusError {
  readonly code = 'LIGHTBUS_UNKNOWN_LISTENER';
}

/** Redis can't be reached or refused the command. What was attempted has certainly not happened. */
export class TransportError extends LightbusError {
  readonly code: string = 'LIGHTBUS_TRANSPORT';
}

/**
 * There is no connection, or it failed before the answer came. Its loss is logged once, where the
 * connection is; whoever catches this need not.
 */
export class DisconnectedError extends TransportError {}

/** The bus is used after it was closed: nothing was sent. */
export class BusClosedError extends TransportError {
  override readonly code = 'LIGHTBUS_BUS_CLOSED';
}

/** An event that is certainly stored. */
export interface StoredEvent {
  /** Its Lightbus id. */
  readonly id: string;
  /** Its entry id. */
  readonly nativeId: string;
  readonly stream: string;
}

/** What is certain about the events of a `fire` or `fireAll` that failed. */
export interface PublishFacts {
  /**
   * Lightbus ids of all events of the call, in order: `fire(event, { id })` and
   * `fireAll(events, { ids })` with them store each event once, however often they are tried.
   */
  readonly ids: readonly string[];
  /** The events of the call that are certainly stored, in order. */
  readonly stored: readonly StoredEvent[];
}

/** Certainly no event of the call was stored: Redis could not be reached in time, or refused. Fire again. */
export class PublishError extends TransportError implements PublishFacts {
  override readonly code = 'LIGHTBUS_PUBLISH';
  /** None. */
  readonly stored: readonly StoredEvent[] = [];

  constructor(
    message: string,
    /** Lightbus ids of all events of the call, in order. */
    readonly ids: readonly string[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Some events of a `fireAll` are stored (`stored`), and the others are certainly not: events of several
 * streams take a transaction each, and a later one failed; `cause` says why. Fire all of them again
 * under the same ids, `fireAll(events, { ids: error.ids })`: each is then stored once.
 */
export class PartiallyStoredError extends LightbusError implements PublishFacts {
  readonly code = 'LIGHTBUS_PARTIALLY_STORED';
  readonly ids: readonly string[];
  readonly stored: readonly StoredEvent[];

  constructor(message: string, { ids, stored }: PublishFacts, options?: ErrorOptions) {
    super(message, options);
    this.ids = ids;
    this.stored = stored;
  }
}

/**
 * The connection died, or time ran out, after the command was written: Redis may or may not have
 * stored the events that are not in `stored`. Carries the Lightbus `ids`, so that the caller can look
 * them up in the history or fire again under the same ids.
 */
export class PublishOutcomeUnknownError extends LightbusError implements PublishFacts {
  readonly code = 'LIGHTBUS_PUBLISH_OUTCOME_UNKNOWN';
  /** Lightbus id of the event; of the first one, if several were fired together. */
  readonly id: string;
  readonly ids: readonly string[];
  readonly stored: readonly StoredEvent[];

  constructor(message: string, { ids, stored }: PublishFacts, options?: ErrorOptions) {
    super(message, options);
    this.id = ids[0] ?? '';
    this.ids = ids;
    this.stored = stored;
  }
}

/**
 * The start is refused, because the setting `require_durable` asks for a Redis that loses nothing,
 * and this one does, or can't be asked.
 */
export class NotDurableError extends LightbusError {
  readonly code = 'LIGHTBUS_NOT_DURABLE';

  constructor(
    message: string,
    /** What makes events get lost, each with the setting that it comes from. */
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The primary has stored every event of the call, but fewer replicas than the setting `min_replicas`
 * confirmed it in time. They are in their streams and will be handled; only a failover at this moment
 * could lose them. Don't fire them again blindly: that stores them twice.
 */
export class NotReplicatedError extends LightbusError implements PublishFacts {
  readonly code = 'LIGHTBUS_NOT_REPLICATED';
  /** Lightbus id of the event; of the first one, if several were fired together. */
  readonly id: string;
  /** Entry id of that event. */
  readonly nativeId: string;
  readonly ids: readonly string[];
  /** All events of the call. */
  readonly stored: readonly StoredEvent[];
  /** How many replicas have confirmed. */
  readonly replicas: number;

  constructor(
    message: string,
    { ids, stored, replicas }: PublishFacts & { readonly replicas: number },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.id = ids[0] ?? '';
    this.nativeId = stored[0]?.nativeId ?? '';
    this.ids = ids;
    this.stored = stored;
    this.replicas = replicas;
  }
}
