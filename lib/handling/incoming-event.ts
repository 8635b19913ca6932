import { decode, validateIncoming } from '../event/codec.js';
import type { EventMessage } from '../event/event-message.js';
import type { InvalidProperty } from '../errors.js';
import type { ApiSettings } from '../config/settings.js';
import type { ListenerSelection } from '../listener/on-event.decorator.js';

/** An event as it arrives for a listener: the entry's content, and where it came from. */
export interface IncomingEvent {
  readonly id: string;
  readonly apiName: string;
  readonly eventName: string;
  readonly version: number;
  readonly parameters: Record<string, unknown>;
  readonly nativeId: string;
  readonly timestamp: Date;
  readonly stream: string;
  readonly consumerGroup: string;
  readonly deliveryCount: number;
  readonly signal: AbortSignal;
}

/** What a handler will be given, and what was noticed on the way. */
export interface ReceivedEvent {
  readonly message: EventMessage;
  /** Set where the payload could not be cast, wholly or in part. */
  readonly note?: string;
  /** What `validate.incoming` found; empty unless it is on. */
  readonly invalid: readonly InvalidProperty[];
}

/**
 * Makes the message that a handler is called with. Never rejects for what the event contains:
 * received events are processed regardless of their validity, unless configured otherwise.
 *
 * @param settings `cast_values`: whether to cast to the selected class. `validate.incoming`: whether
 *   to validate. `strict_validation`: whether an event that can't be validated, because it was not
 *   selected by class, counts as invalid.
 */
export async function receive(
  event: IncomingEvent,
  { type }: ListenerSelection,
  settings: Pick<ApiSettings, 'cast_values' | 'validate' | 'strict_validation'>,
): Promise<ReceivedEvent> {
  const { parameters, apiName, eventName } = event;
  const { payload, note } = decode(type, parameters, { cast: settings.cast_values });
  // Property by property: what is given may hold more than is anybody else's business.
  const message: EventMessage = Object.freeze({
    id: event.id,
    nativeId: event.nativeId,
    apiName,
    eventName,
    canonicalName: `${apiName}.${eventName}`,
    version: event.version,
    payload: payload as Record<string, unknown>,
    timestamp: event.timestamp,
    stream: event.stream,
    consumerGroup: event.consumerGroup,
    deliveryCount: event.deliveryCount,
    isReplay: false,
    signal: event.signal,
  });
  return { message, note, invalid: await validate(type, parameters, settings) };
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
