import { Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventBus, LightbusModule } from 'nestjs-lightbus';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
import { EventRegistry } from '../../../../lib/event/event-registry.js';
import { Stores } from '../../../../lib/store/stores.js';
import { owned } from '../../../support/owned.js';

/** A Nest application on the in-memory store. */
export interface Application {
  readonly bus: EventBus;
  readonly recorder: EventRecorder;
  readonly registry: EventRegistry;
  readonly stores: Stores;
  get<T>(type: Type<T>): T;
  close(): Promise<void>;
}

/** Starts an application that may fire events of the classes, and has the providers' listeners. */
export async function startApplication(
  events: readonly Type<object>[] = [],
  providers: Provider[] = [],
): Promise<Application> {
  @Module({
    // Handlers of earlier applications are decorated, too.
    imports: [
      LightbusTestingModule.forRoot({ strictListeners: false }),
      LightbusModule.forFeature(events),
    ],
    providers,
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    abortOnError: false,
  });
  owned().onEnd(() => app.close());
  return {
    bus: app.get(EventBus),
    recorder: app.get(EventRecorder),
    registry: app.get(EventRegistry),
    stores: app.get(Stores),
    get: (type) => app.get(type),
    close: () => app.close(),
  };
}
