import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import { fromPackage } from '../package.mjs';

const { Event, EventBus, LightbusModule, Listeners, OnEvent } = await fromPackage('index.js');

/** Service of every application here; a group is named `growth-<listener>`. */
export const SERVICE = 'growth';

/** What is fired where the bus is measured. */
export class Counted {}
IsInt()(Counted.prototype, 'n');
IsString()(Counted.prototype, 'text');
Event('growth.counted')(Counted);

/**
 * Starts an application of the built package.
 *
 * @param options.listeners each with `name`, `events` (what `OnEvent` takes) and `handle`.
 * @param options.redis settings of the event transport, beside the URL.
 * @param options.processName consumers' name; no two that run at the same time may have the same.
 */
export async function startApplication(
  url,
  { listeners = [], redis = {}, processName = 'growth' },
) {
  const providers = listeners.map(({ name, events, handle }) => {
    class Listener {
      handle(event, message) {
        return handle(event, message);
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
    OnEvent(events, { listenerName: name })(Listener.prototype, 'handle', descriptor);
    return Listener;
  });
  class AppModule {}
  const lightbus = LightbusModule.forRoot({
    // Applications follow on each other in one process, each with listeners of its own.
    ...{ serviceName: SERVICE, processName, strictListeners: false },
    features: listeners.length > 0 ? ['events'] : [],
    config: { apis: { default: { event_transport: { redis: { url, ...redis } } } } },
  });
  const imports = [lightbus, LightbusModule.forFeature([Counted])];
  Module({ imports, providers })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return {
    bus: app.get(EventBus),
    listeners: app.get(Listeners),
    close: () => app.close(),
  };
}
