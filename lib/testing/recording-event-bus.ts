import { Inject, Injectable, type Type } from '@nestjs/common';
import { EventBus, type EventPayload, type FireOptions } from '../bus/event-bus.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRecorder } from './event-recorder.js';

/** The real bus, with every fired event recorded. */
@Injectable()
export class RecordingEventBus extends EventBus {
  @Inject() private readonly recorder!: EventRecorder;

  override async fire<T extends object>(
    eventOrType: T | Type<T>,
    payloadOrOptions?: EventPayload<T> | FireOptions,
    options?: FireOptions,
  ): Promise<EventMessage<T>> {
    this.recorder.check(eventOrType);
    const message = await (typeof eventOrType === 'function'
      ? super.fire(eventOrType, payloadOrOptions as EventPayload<T>, options)
      : super.fire(eventOrType, payloadOrOptions as FireOptions));
    this.recorder.record([message]);
    return message;
  }

  override async fireAll(events: readonly object[]): Promise<EventMessage<object>[]> {
    events.forEach((event) => this.recorder.check(event));
    const messages = await super.fireAll(events);
    this.recorder.record(messages);
    return messages;
  }
}
