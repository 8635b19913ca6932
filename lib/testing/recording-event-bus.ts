import { Inject, Injectable, type Type } from '@nestjs/common';
import { EventBus, type EventPayload } from '../bus/event-bus.js';
import type { FireAllOptions, FireOptions } from '../bus/fire-options.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRecorder } from './event-recorder.js';
import { Handling } from './handling.js';

/** The real bus, with every fired event recorded. */
@Injectable()
export class RecordingEventBus extends EventBus {
  @Inject() private readonly recorder!: EventRecorder;
  @Inject() private readonly handling!: Handling;

  override async fire<T extends object>(
    eventOrType: T | Type<T>,
    payloadOrOptions?: EventPayload<T> | FireOptions,
    options?: FireOptions,
  ): Promise<EventMessage<T>> {
    this.recorder.check(eventOrType);
    const message = await this.handling.during(
      typeof eventOrType === 'function'
        ? super.fire(eventOrType, payloadOrOptions as EventPayload<T>, options)
        : super.fire(eventOrType, payloadOrOptions as FireOptions),
    );
    this.recorder.record([message]);
    return message;
  }

  override async fireAll(
    events: readonly object[],
    options?: FireAllOptions,
  ): Promise<EventMessage<object>[]> {
    events.forEach((event) => this.recorder.check(event));
    const messages = await this.handling.during(super.fireAll(events, options));
    this.recorder.record(messages);
    return messages;
  }
}
