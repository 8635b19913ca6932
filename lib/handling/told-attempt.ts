import type { AttemptContext, HandedEvent } from '../channels/channels.js';
import { entryBytes } from '../channels/entry-bytes.js';
import type { EventMessage } from '../event/event-message.js';
import type { Delivery } from '../reading/delivery.js';
import type { DecodedEvent } from '../wire/by-field.js';
import { entryTime } from '../wire/entry-id.js';
import type { Failed } from './failures.js';

/** What is told of an attempt, for whoever has subscribed to it. */
export class ToldAttempt implements AttemptContext {
  readonly consumerGroup: string;
  readonly event: HandedEvent;
  readonly isRetry: boolean;
  readonly deliveryCount: number;
  readonly isRedelivery: boolean;
  readonly isReplay = false;
  outcome?: 'handled' | 'stopped' | 'failed';
  error?: unknown;
  message?: EventMessage;

  /** @param application see `LightbusContext`. */
  constructor(
    readonly application: string,
    readonly listener: string,
    private readonly delivery: Delivery,
    content: DecodedEvent,
    readonly attempt: number,
  ) {
    this.consumerGroup = delivery.consumerGroup;
    this.event = handedEvent(delivery, content);
    this.isRetry = attempt > delivery.attempts + 1;
    this.deliveryCount = delivery.deliveryCount;
    this.isRedelivery = delivery.isRedelivery === true;
  }

  /** It is over. */
  end(failed: Failed | undefined): void {
    if (failed) {
      this.outcome = 'failed';
      this.error = failed.error;
    } else {
      this.outcome = this.delivery.isStopped ? 'stopped' : 'handled';
    }
  }
}

function handedEvent(
  { stream, streamApi, nativeId, fields }: Delivery,
  { id, apiName, eventName, version, side }: DecodedEvent,
): HandedEvent {
  return {
    ...{ id, nativeId, stream, version },
    apiName: streamApi,
    canonicalName: `${apiName}.${eventName}`,
    timestamp: entryTime(nativeId),
    correlationId: side?.correlationId,
    traceparent: side?.traceparent,
    tracestate: side?.tracestate,
    get bytes() {
      return entryBytes(fields ?? []);
    },
  };
}
