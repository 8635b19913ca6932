import type { ApiSettings } from '../config/settings/settings.js';
import { HandlerTimeoutError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { decode, validateIncoming } from '../event/codec.js';
import { toMessage, type EventIdentity } from '../event/event-message.js';
import type { Listener } from '../listener/listener.js';
import type { ListenerSelection } from '../listener/handler-registry.js';
import type { Delivery } from '../reading/delivery.js';
import { linkSignals } from '../timing/linked-signal.js';
import { entryTime } from '../wire/entry-id.js';

/** What a handler will be given, and what was noticed on the way. */
export interface ReceivedPayload {
  readonly payload: object;
  /** Set where the payload could not be cast, wholly or in part. */
  readonly note?: string;
  /** What `validate.incoming` found; empty unless it is on. */
  readonly invalid: readonly InvalidProperty[];
}

/**
 * Makes of an event's parameters what a handler is given. Never rejects for what they contain:
 * received events are handled regardless of their validity, unless configured otherwise.
 *
 * @param settings `cast_values`: whether to cast to the selected class. `validate.incoming`: whether
 *   to validate. `strict_validation`: whether an event that can't be validated, because it was not
 *   selected by class, counts as invalid.
 */
export async function receive(
  parameters: Record<string, unknown>,
  { type }: ListenerSelection,
  settings: Pick<ApiSettings, 'cast_values' | 'validate' | 'strict_validation'>,
): Promise<ReceivedPayload> {
  const decoded = decode(type, parameters, { cast: settings.cast_values });
  return { ...decoded, invalid: await validate(type, parameters, settings) };
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
  event: EventIdentity,
  payload: object,
  delivery: Delivery,
): Promise<void> {
  const { nativeId, stream, consumerGroup, deliveryCount } = delivery;
  const place = { nativeId, stream, timestamp: entryTime(nativeId) };
  const call = (signal: AbortSignal) => {
    const arrival = { consumerGroup, deliveryCount, isReplay: false, signal };
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
    'strict_validation is on, and the listener selects the event by name, not by class';
  return [{ path: '', value: undefined, constraints: { strictValidation: noClass } }];
}
