import { AsyncResource } from 'node:async_hooks';
import type { ApiSettings } from '../config/settings/settings.js';
import { HandlerTimeoutError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { validateIncoming } from '../event/codec.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { toMessage, type EventIdentity, type EventMessage } from '../event/event-message.js';
import { describesItself } from '../event/validation-metadata.js';
import { materialise } from '../event/materialise.js';
import type { Listener } from '../listener/listener.js';
import type { ListenerSelection } from '../listener/handler-registry.js';
import type { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import type { Delivery } from '../reading/delivery.js';
import { linkSignals, type LinkedSignal } from '../timing/linked-signal.js';
import type { DecodedEvent } from '../wire/by-field.js';
import { keyTextOf } from '../wire/entity-key.js';
import { entryTime } from '../wire/entry-id.js';
import type { Deadline, LimitedAttempt } from './deadline.js';

/** Of the asynchronous contexts that handlers run in, for `async_hooks`. */
const CONTEXT = 'LIGHTBUS_HANDLER';

/** What a handler will be given. */
export interface HandedOver {
  readonly event: EventIdentity;
  readonly payload: object;
  /** Text of the event's key. */
  readonly key?: string;
}

/** The same, and what was noticed on the way. */
export interface ReceivedEvent extends HandedOver {
  /** In words, what was irregular: what could not be cast, a version that is newer than the class. */
  readonly notes: readonly string[];
  /** What `validate.incoming` found; empty unless it is on. */
  readonly invalid: readonly InvalidProperty[];
}

/**
 * Makes of a stored event what a handler is given. Never fails for what its parameters contain: received
 * events are handled regardless of their validity, unless configured otherwise.
 *
 * @param settings `cast_values`: whether to cast to the event's class. `validate.incoming`: whether
 *   to validate, what upcasters have lifted. `strict_validation`: whether an event that can't be validated,
 *   because nothing describes it, counts as invalid.
 * @param schemas those of other services, for events that no class here describes.
 * @returns a promise only where there is something to validate.
 * @throws UpcastError
 */
export function receive(
  stored: DecodedEvent,
  { apiName, type }: Pick<ListenerSelection, 'apiName' | 'type'>,
  settings: Pick<ApiSettings, 'cast_values' | 'validate' | 'strict_validation'>,
  schemas: Pick<RemoteSchemas, 'validateReceived'>,
): ReceivedEvent | Promise<ReceivedEvent> {
  const made = materialise(stored, type, { cast: settings.cast_values });
  const { event, payload, parameters, keyValue, notes } = made;
  const key = keyTextOf(keyValue);
  if (!settings.validate.incoming) return { event, payload, key, notes, invalid: [] };
  const conclude = (invalid: readonly InvalidProperty[]) => {
    return { event, payload, key, notes, invalid };
  };
  const definition = type && getEventDefinition(type);
  if (definition && describesItself(definition))
    return validateIncoming(definition.type, parameters).then(conclude);
  const { eventName } = stored;
  const strict = settings.strict_validation;
  // As in Lightbus, the stream says whose API an event is.
  const found = schemas.validateReceived({ apiName, eventName }, parameters, { strict });
  return found instanceof Promise ? found.then(conclude) : conclude(found);
}

/**
 * Calls a handler once. The signal that it finds in its message is aborted with that of the delivery,
 * and when its time is up: a handler can't be ended from outside.
 *
 * @param deadline of the listener, where it has a `timeout`.
 * @param told is given the message, where somebody is told of the attempt.
 * @returns a promise only where the handler's outcome has to be waited for.
 * @throws HandlerTimeoutError where the handler has not settled within the listener's `timeout`; and
 *   whatever the handler throws, at once or later.
 */
export function attempt(
  { invoke, place: handler, options: { timeout } }: Pick<Listener, 'invoke' | 'place' | 'options'>,
  { event, payload, key }: HandedOver,
  delivery: Delivery,
  deadline: Deadline | undefined,
  told?: { message?: EventMessage },
): Promise<void> | undefined {
  const { nativeId, stream, consumerGroup, deliveryCount } = delivery;
  const place = { nativeId, stream, timestamp: entryTime(nativeId) };
  const call = (signal: () => AbortSignal) => {
    const arrival = { consumerGroup, deliveryCount, isReplay: false, key, signal };
    const message = toMessage(event, payload as Record<string, unknown>, place, arrival);
    if (told) told.message = message;
    // What it or a guard enters (`AsyncLocalStorage.enterWith`) is no business of the next event, which
    // may be handled in the same turn.
    const context = new AsyncResource(CONTEXT, { requireManualDestroy: true });
    return context.runInAsyncScope(invoke, undefined, message);
  };
  if (!deadline) return call(() => delivery.signal);
  const limited = new Limited(delivery, () => {
    const advice =
      "Its message's signal was aborted; let the handler listen to it, or raise the timeout.";
    return new HandlerTimeoutError(`${handler} did not settle within ${timeout} ms. ${advice}`);
  });
  deadline.begin();
  const running = call(() => limited.signal);
  return running && deadline.limit(running, limited);
}

/** An attempt with a signal that is made when it is asked for, aborted with that of the delivery, or by itself. */
class Limited implements LimitedAttempt {
  private linked?: LinkedSignal;
  private error?: Error;

  constructor(
    private readonly delivery: Delivery,
    private readonly toError: () => Error,
  ) {}

  get signal(): AbortSignal {
    this.linked ??= linkSignals([this.delivery.signal]);
    if (this.error) this.linked.abort(this.error);
    return this.linked.signal;
  }

  timedOut(): Error {
    this.error = this.toError();
    this.linked?.abort(this.error);
    return this.error;
  }

  end(): void {
    this.linked?.unlink();
  }
}
