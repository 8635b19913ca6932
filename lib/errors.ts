import { printable } from './wire/printable.js';

/**
 * The errors that this module throws; those of firing are in `fire-errors.ts`. All extend
 * {@link LightbusError} and have a stable `code`; a message says what was attempted, why it failed and
 * what to do.
 */

/**
 * Base class of every error of this module. Catch it to tell our errors from all others. What a message
 * quotes of strangers (Redis, entries, other processes) is made printable here, whoever throws it.
 */
export abstract class LightbusError extends Error {
  /** Whether a message may have several lines: then its line breaks are all ours. */
  protected static readonly hasLines: boolean = false;

  /** Stable identifier, safe to compare with; the message may change between releases. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(new.target.hasLines ? printableLines(message) : printable(message), options);
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
  protected static override readonly hasLines = true;
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

/** An option of `fire`, `fireAll` or `history` is unknown, has an impossible value, or asks for what can't be had. Nothing was done. */
export class InvalidOptionsError extends LightbusError {
  readonly code = 'LIGHTBUS_INVALID_OPTIONS';
}

/** A decorator, or the set of listeners or of projections, is wrong: duplicate names, an impossible option. */
export class ListenerDefinitionError extends LightbusError {
  protected static override readonly hasLines = true;
  readonly code = 'LIGHTBUS_LISTENER_DEFINITION';
}

/**
 * An aggregate is wrong: a missing `@Apply`, events of several APIs or keys, an apply method that is not
 * synchronous; or what was given is none.
 */
export class AggregateDefinitionError extends LightbusError {
  readonly code = 'LIGHTBUS_AGGREGATE_DEFINITION';
}

/**
 * An upcaster of an event has thrown, or returned no parameters. A handler is not called: its event fails, as if
 * the handler had.
 */
export class UpcastError extends LightbusError {
  readonly code = 'LIGHTBUS_UPCAST';
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

/** What was waited for did not come in time. */
export class WaitTimeoutError extends LightbusError {
  readonly code = 'LIGHTBUS_WAIT_TIMEOUT';
}

/** A class was given that is no projection of this application: none of its methods has `@Project`. */
export class UnknownProjectionError extends LightbusError {
  readonly code = 'LIGHTBUS_UNKNOWN_PROJECTION';
}

/** A projection is fed no more: a method of it has failed, its events can't be read, or the application is closed. */
export class ProjectionStoppedError extends LightbusError {
  readonly code = 'LIGHTBUS_PROJECTION_STOPPED';
}

/** The start is refused, because projections have not caught up within the setting `projection_timeout`. */
export class ProjectionTimeoutError extends LightbusError {
  readonly code = 'LIGHTBUS_PROJECTION_TIMEOUT';
}

/** One change of an event's schema that breaks somebody. */
export interface IncompatibleChange {
  /** The event: `store.orders.placed`. */
  readonly event: string;
  /** Where, in its parameters: `lines[].sku`; `''` for the parameters as a whole. */
  readonly path: string;
  /** The keyword of JSON Schema that has changed; `'removed'` for a property that is gone; `''` where it can't be told. */
  readonly change: string;
  /** Whom it breaks: who reads events that are stored, who has not been told of the new ones yet, or both. */
  readonly breaks: 'old events' | 'old readers' | 'both';
  /** What has changed, in words. */
  readonly inWords: string;
}

/**
 * The setting `schema_compatibility: refuse` refuses to publish a schema that is not compatible with what was published
 * last. The start is refused with it; where Redis was away by then, each `fire` of the API is, with a `PublishError` whose
 * `cause` it is.
 */
export class SchemaIncompatibleError extends LightbusError {
  readonly code = 'LIGHTBUS_SCHEMA_INCOMPATIBLE';

  constructor(
    message: string,
    /** Every change that breaks somebody. */
    readonly changes: readonly IncompatibleChange[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Redis can't be reached or refused the command. What was attempted has certainly not happened. */
export class TransportError extends LightbusError {
  readonly code = 'LIGHTBUS_TRANSPORT';
}

/**
 * There is no connection, or it failed before the answer came. Its loss is logged once, where the
 * connection is; whoever catches this need not.
 */
export class DisconnectedError extends TransportError {
  /** Whether anything was sent. */
  readonly wasSent: boolean = true;
}

/**
 * Redis has gone back to an older state (a failover, a restored snapshot): the last event that a reader was
 * given is not stored any more. Whoever has built something of it has to build it anew.
 */
export class HistoryGoneBackError extends LightbusError {
  readonly code = 'LIGHTBUS_HISTORY_GONE_BACK';
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

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
