import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsEmail, IsInt, IsNumber, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { fromPackage } from '../package.mjs';
import { API } from './events.mjs';
import { onWire } from './raw-ioredis.mjs';

const { Event, EventBus, LightbusModule, OnEvent } = await fromPackage('index.js');

/** What is fired and handled. */
export class Placed {}
declare('n', IsInt(), Min(0));
declare('orderId', IsUUID());
declare('email', IsEmail());
declare('price', IsNumber(), Min(0), Max(1e6));
declare('note', IsString(), MaxLength(200));
Event(`${API}.placed`)(Placed);

/** This module as it is used: events owned, recovered, and validated unless it is told not to. */
export async function start({ url, validate = true, batchSize, handler, listenerOptions }) {
  class Listener {
    handle(event) {
      return handler(event);
    }
  }
  const handle = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
  const options = { listenerName: 'listener', since: 'beginning', ...listenerOptions };
  if (handler) OnEvent(Placed, options)(Listener.prototype, 'handle', handle);
  class AppModule {}
  const redis = { url, ...(batchSize && { batch_size: batchSize }) };
  const api = { event_transport: { redis }, validate: { outgoing: validate } };
  const lightbus = LightbusModule.forRoot({
    ...{ serviceName: 'bench', processName: 'bench' },
    features: handler ? ['events'] : [],
    config: { apis: { default: api } },
  });
  const imports = [lightbus, LightbusModule.forFeature([Placed])];
  Module({ imports, providers: handler ? [Listener] : [] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const bus = app.get(EventBus);
  return {
    bus,
    fire: (event) => bus.fire(Placed, event),
    fireAll: (events) => bus.fireAll(events.map((event) => Object.assign(new Placed(), event))),
    ...onWire,
    close: () => app.close(),
  };
}

function declare(property, ...decorators) {
  for (const decorate of decorators) decorate(Placed.prototype, property);
}
