import type { ApiSettings } from '../config/settings/settings.js';
import { HandlerTimeoutError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { validateIncoming } from '../event/codec.js';
import { toMessage, type EventIdentity } from '../event/event-message.js';
import { materialise } from '../event/materialise.js';
import type { Listener } from '../listener/listener.js';
import type { ListenerSelection } from '../listener/handler-registry.js';
import type { Delivery } from '../reading/delivery.js';
import { linkSignals } from '../timing/linked-signal.js';
import type { DecodedEvent } from '../wire/by-field.js';
import { keyTextOf } from '../wire/entity-key.js';
import { entryTime } from '../wire/entry-id.js';

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
 * Makes of a stored event what a handler is given. Never rejects for what its parameters contain:
 * received events are handled regardless of their validity, unless configured otherwise.
 *
 * @param settings `cast_values`: whether to cast to the event's class. `validate.incoming`: whether
 *   to validate, what upcasters have lifted. `strict_validation`: whether an event that can't be validated,
 *   because no class of it is known, counts as invalid.
 * @throws UpcastError
 */
export async function receive(
  stored: DecodedEvent,
  { type }: Pick<ListenerSelection, 'type'>,
  settings: Pick<ApiSettings, 'cast_values' | 'validate' | 'strict_validation'>,
): Promise<ReceivedEvent> {
  const { event, payload, parameters, keyValue, notes } = materialise(stored, type, {
    cast: settings.cast_values,
  });
  const invalid = await validate(type, parameters, settings);
  return { event, payload, key: keyTextOf(keyValue), notes, invalid };
}

/**
 * Calls a handler once. The signal that it finds in its message is aborted with that of the delivery,
 * and when its time is up: a handler can't be ended from outside.
 *
 * @throws HandlerTimeoutError where the handler has not settled within the listener's `timeout`; and
 *   whatever the handler throws.
 */
export async function attempt(
  { invoke, place: handler, options: { timeout } }: Pick<Listener, 'invoke' | 'place' | 'options'>,
  { event, payload, key }: HandedOver,
  delivery: Delivery,
): Promise<void> {
  const { nativeId, stream, consumerGroup, deliveryCount } = delivery;
  const place = { nativeId, stream, timestamp: entryTime(nativeId) };
  const call = (signal: AbortSignal) => {
    const arrival = { consumerGroup, deliveryCount, isReplay: false, key, signal };
    return invoke(toMessage(event, payload as Record<string, unknown>, place, arrival));
  };
  if (timeout === undefined) return call(delivery.signal);
  const deadline = linkSignals([delivery.signal]);
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new HandlerTimeoutError(
        `${handler} did not settle within ${timeout} ms. Its message's signal was aborted; ` +
          'let the handler listen to it, or raise the timeout.',
      );
      deadline.abort(error);
      reject(error);
    }, timeout);
  });
  try {
    await Promise.race([call(deadline.signal), timedOut]);
  } finally {
    clearTimeout(timer);
    deadline.unlink();
  }
}

async function validate(
  type: ListenerSelection['type'],
  parameters: Record<string, unknown>,
  settings: Pick<ApiSettings, 'validate' | 'strict_validation'>,
): Promise<readonly InvalidProperty[]> {
  if (!settings.validate.incoming) return [];
  if (type) return validateIncoming(type, parameters);
  if (!settings.strict_validation) return [];
  const noClass =
    'strict_validation is on, and the class of the event is not known: the listener selects it by name, ' +
    'not by class, and this service has not registered it';
  return [{ path: '', value: undefined, constraints: { strictValidation: noClass } }];
}
