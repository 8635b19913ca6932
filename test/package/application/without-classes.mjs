// An application whose events all come from defineEvent.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { defineEvent, Event, EventBus, LightbusModule, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { z } from 'zod';

const Placed = defineEvent('without.orders.placed', z.object({ quantity: z.int() }));

let whenHandled;
const handling = new Promise((resolve) => (whenHandled = resolve));
class Stock {
  reserve(event) {
    whenHandled({ isInstance: event instanceof Placed, ...event });
  }
}
const method = Object.getOwnPropertyDescriptor(Stock.prototype, 'reserve');
OnEvent(Placed, { listenerName: 'reserve' })(Stock.prototype, 'reserve', method);

const config = { apis: { default: { event_transport: { memory: {} } } } };
const options = { logger: false, abortOnError: false };
async function start(events, providers = []) {
  class AppModule {}
  Module({
    imports: [LightbusModule.forRoot({ config }), LightbusModule.forFeature(events)],
    providers,
  })(AppModule);
  return NestFactory.createApplicationContext(AppModule, options);
}

const app = await start([Placed], [Stock]);
const bus = app.get(EventBus);
const refused = await bus.fire(Placed, { quantity: 'three' }).catch(({ message }) => message);
await bus.fire(Placed, { quantity: 3 });
const handled = await handling;
await app.close();

class Other {}
Event('without.orders.other')(Other);
const classes = await start([Other]).catch(String);
let telemetry;
try {
  LightbusTelemetryModule.forRoot();
} catch (error) {
  telemetry = String(error);
}
console.log(JSON.stringify({ handled, refused, classes, telemetry }));
