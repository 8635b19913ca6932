import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import { Event, EventBus, LightbusModule, OnEvent } from '../../dist/index.js';
import { Handled } from './handled.mjs';
import { inFlight } from './in-flight.mjs';

class Counted {}
IsInt()(Counted.prototype, 'n');
IsString()(Counted.prototype, 'text');
Event('bench.counted')(Counted);

class Listener extends Handled {
  handle() {
    return this.one();
  }
}
const handle = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
OnEvent(Counted, { listenerName: 'listener' })(Listener.prototype, 'handle', handle);

/** This module as it is used: events validated, acknowledged one by one, owned, recovered. */
export class Lightbus {
  static title = 'nestjs-lightbus';

  static async start(url, batchSize) {
    class AppModule {}
    const redis = { url, ...(batchSize && { batch_size: batchSize }) };
    const lightbus = LightbusModule.forRoot({
      ...{ serviceName: 'bench', processName: 'bench' },
      features: batchSize ? ['events'] : [],
      config: { apis: { default: { event_transport: { redis } } } },
    });
    const imports = [lightbus, LightbusModule.forFeature([Counted])];
    Module({ imports, providers: [Listener] })(AppModule);
    return new Lightbus(await NestFactory.createApplicationContext(AppModule, { logger: false }));
  }

  constructor(app) {
    this.app = app;
    this.bus = app.get(EventBus);
    this.listener = app.get(Listener);
  }

  fire(count, most) {
    return inFlight(count, most, (n) => this.bus.fire(Counted, { n, text: 'some text' }));
  }

  store(count) {
    return this.fire(count, 1_000);
  }

  release() {
    this.listener.release();
  }

  whenHandled(count) {
    return this.listener.whenHandled(count);
  }

  close() {
    return this.app.close();
  }
}
