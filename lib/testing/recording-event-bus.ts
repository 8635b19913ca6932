import { Inject, Injectable, type Type } from '@nestjs/common';
import { EventBus } from '../bus/event-bus.js';
import type { PayloadAndOptions } from '../bus/event-payload.js';
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
    payloadOrOptions?: object,
    options?: FireOptions,
  ): Promise<EventMessage<T>> {
    this.recorder.check(eventOrType);
    const message = await this.handling.during(
      // As it was called, whichever way that was.
      super.fire<T>(
        eventOrType as Type<T>,
        ...([payloadOrOptions, options] as unknown as PayloadAndOptions<T, FireOptions>),
      ),
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
