/**
 * What this module tells on `node:diagnostics_channel`, for whoever watches: a tracer, a profiler, a log of one's own.
 * `nestjs-lightbus/telemetry` is built on nothing else. Without a subscriber nothing is made and nothing is awaited.
 *
 * What takes time has a tracing channel, `diagnostics_channel.tracingChannel(name)`: `start` when it begins, within whose
 * stores (`bindStore`) it runs; `end` when the call has returned; `asyncStart` and `asyncEnd` where it was waited for;
 * `error` before these where it failed. All of them get the same object. Its `outcome` is set once it is over: at `end`
 * where nothing had to be waited for, else at `asyncEnd`.
 */

import {
  channel,
  tracingChannel,
  type Channel,
  type TracingChannel,
} from 'node:diagnostics_channel';
import type { EventMessage } from '../event/event-message.js';

/** Names of the channels. All but `retry` and `historyLost`, which tell of a moment, are tracing channels. */
export const LIGHTBUS_CHANNELS = {
  /** Events are stored: {@link FiringContext}. One for each call of `fire`, `fireAll` and each try of `aggregates.change`. */
  fire: 'lightbus:fire',
  /** A listener tries to handle an event: {@link AttemptContext}. */
  attempt: 'lightbus:attempt',
  /** A projection is given an event: {@link ProjectionContext}. */
  project: 'lightbus:project',
  /** Entries are acknowledged, or one is set aside: {@link SettlementContext}. */
  settle: 'lightbus:settle',
  /** Another attempt is planned: {@link RetryNotice}. */
  retry: 'lightbus:retry',
  /** History was lost before a listener had handled it: {@link HistoryLossNotice}. */
  historyLost: 'lightbus:history-lost',
} as const;

/** What all channels tell. */
export interface LightbusContext {
  /** The same for all that one application tells, and for nothing else: a process may have several. */
  readonly application: string;
}

/** What tracing channels tell. */
export interface TracedContext<Outcome extends string> extends LightbusContext {
  /** What came of it; `undefined` until it is over. */
  outcome?: Outcome | 'failed';
  /** What was thrown, where it failed: anything. */
  error?: unknown;
}

/** An event that is fired. */
export interface FiredEvent {
  /** Lightbus id. */
  readonly id: string;
  /** API that the event belongs to. */
  readonly apiName: string;
  /** `<api>.<event>`. */
  readonly canonicalName: string;
  readonly version: number;
  /** Redis key of the stream. */
  readonly stream: string;
  readonly correlationId?: string;
  /** Bytes of all names and values of the entry. Counted when asked for. */
  readonly bytes: number;
  /** Redis entry id, once the event is stored. */
  readonly nativeId: string | undefined;
  /**
   * W3C Trace Context that will be stored with the event. A subscriber may set it, and {@link tracestate} with it, at
   * `start` (or in a `bindStore`), unless {@link FiringContext.isTraceGiven}.
   */
  traceparent?: string;
  tracestate?: string;
}

/** Events are stored. What is refused before anything could be sent (`EventValidationError`) is not told. */
export interface FiringContext extends TracedContext<'stored'> {
  /** At least one. In one transaction for each stream. */
  readonly events: readonly FiredEvent[];
  /** Whether the caller has given `traceparent`: it is stored as it is. */
  readonly isTraceGiven: boolean;
  /** Whether anything is stored beside the payload (setting `bus.headers`): else no trace can be, either. */
  readonly hasHeaders: boolean;
}

/** An event that a listener was handed. */
export interface HandedEvent {
  /** Lightbus id. */
  readonly id: string;
  /** Redis entry id. */
  readonly nativeId: string;
  /** API whose stream it is on. */
  readonly apiName: string;
  /** `<api>.<event>`. */
  readonly canonicalName: string;
  /** Version that is stored. */
  readonly version: number;
  /** Redis key of the stream. */
  readonly stream: string;
  /** When Redis stored it. */
  readonly timestamp: Date;
  readonly correlationId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Bytes of all names and values of the entry. Counted when asked for. */
  readonly bytes: number;
}

/**
 * One attempt of a listener to handle an event: made ready for the handler (cast, lifted to the class's version,
 * validated by `validate.incoming`), and handed to it, with the guards and interceptors around it. `stopped`: the handler
 * returned after it had been told to stop, so that the event stays pending.
 */
export interface AttemptContext extends TracedContext<'handled' | 'stopped'> {
  /** `listenerName`. */
  readonly listener: string;
  readonly consumerGroup: string;
  readonly event: HandedEvent;
  /** Which attempt it is, from 1; those of earlier processes count where they are recorded (`onError: 'dead_letter'`). */
  readonly attempt: number;
  /** Whether this process has tried before, since it was handed the event. */
  readonly isRetry: boolean;
  /** How often the group has handed the event to a consumer; 1 is the first. */
  readonly deliveryCount: number;
  /** Whether it was handed out before, handed back, or driven again from the dead letters: it was not read as a new one. */
  readonly isRedelivery: boolean;
  /** `EventMessage.isReplay`: whether it is read for a replay of the history. */
  readonly isReplay: boolean;
  /** What the handler was given; `undefined` until it is made, and where it could not be. */
  message?: EventMessage;
}

/** A projection is given an event: all of its methods that select it. */
export interface ProjectionContext extends TracedContext<'handled'> {
  /** Name of the provider's class. */
  readonly projection: string;
  readonly message: EventMessage<object>;
}

/** Entries are acknowledged in one command, or one is moved to the listener's dead-letter stream. */
export interface SettlementContext extends TracedContext<'settled'> {
  readonly kind: 'acknowledge' | 'dead_letter';
  /** Redis key of the stream. */
  readonly stream: string;
  readonly consumerGroup: string;
  /** The process name. */
  readonly consumer: string;
  /** Redis entry ids. */
  readonly nativeIds: readonly string[];
  /** Those that another consumer had taken over, so that nothing was done; `undefined` until that is known. */
  notOurs?: readonly string[];
  /** Why the entry is set aside: `malformed`, `deleted`, `invalid`, `failed`. */
  readonly reason?: string;
  /** Entry id of the dead letter, once it is stored. */
  deadLetterId?: string;
}

/** A listener that has failed at an event will try again. */
export interface RetryNotice extends LightbusContext {
  /** `listenerName`. */
  readonly listener: string;
  readonly consumerGroup: string;
  /** Redis key of the stream. */
  readonly stream: string;
  /** Redis entry id. */
  readonly nativeId: string;
  /** Which attempt has failed, from 1. */
  readonly attempt: number;
  /** What was thrown: anything. */
  readonly error: unknown;
  /** In how many milliseconds it will try again. */
  readonly delayMs: number;
}

/** History was lost, or passed over, before a listener had handled it. Told once for each loss, by one process of the group. */
export interface HistoryLossNotice extends LightbusContext {
  /** `vanished`: deleted, trimmed, evicted or flushed. `skipped`: the group was set further on by others. */
  readonly kind: 'vanished' | 'skipped';
  /** `listenerName`. */
  readonly listener: string;
  readonly consumerGroup: string;
  /** Redis key of the stream. */
  readonly stream: string;
  /** The last entry before what is lost. */
  readonly after: string;
  /** The last one that is lost; `null` where the stream itself is gone. */
  readonly until: string | null;
}

/** `lightbus:fire`. */
export const FIRING: TracingChannel<unknown, FiringContext> = tracingChannel(
  LIGHTBUS_CHANNELS.fire,
);

/** `lightbus:attempt`. */
export const ATTEMPTS: TracingChannel<unknown, AttemptContext> = tracingChannel(
  LIGHTBUS_CHANNELS.attempt,
);

/** `lightbus:project`. */
export const PROJECTING: TracingChannel<unknown, ProjectionContext> = tracingChannel(
  LIGHTBUS_CHANNELS.project,
);

/** `lightbus:settle`. */
export const SETTLING: TracingChannel<unknown, SettlementContext> = tracingChannel(
  LIGHTBUS_CHANNELS.settle,
);

/** `lightbus:retry`. */
export const RETRIES = channel(LIGHTBUS_CHANNELS.retry) as Channel<unknown, RetryNotice>;

/** `lightbus:history-lost`. */
export const LOSSES = channel(LIGHTBUS_CHANNELS.historyLost) as Channel<unknown, HistoryLossNotice>;
