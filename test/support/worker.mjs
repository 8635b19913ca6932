// A worker process for tests that kill one: an application with one listener that appends what it
// handles to a Redis list. Plain JavaScript on the built library, as a CommonJS or JavaScript user
// would have it. Settings come from the environment, facts go to Redis.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { LightbusModule, OnEvent } from '../../dist/index.js';

const { REDIS_URL, LOG_URL, API, SERVICE, PROCESS, LOG, HOLD, SETTINGS } = process.env;
const redis = new Redis(LOG_URL);

class Listener {
  async handle(event, message) {
    await redis.rpush(
      LOG,
      JSON.stringify({ start: event.n, process: PROCESS, delivery: message.deliveryCount }),
    );
    // Holds the event until the test has killed this process.
    if (String(event.n) === HOLD) await new Promise(() => undefined);
    await redis.rpush(LOG, JSON.stringify({ done: event.n, process: PROCESS }));
  }
}
const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
OnEvent(`${API}.*`, { listenerName: 'worker' })(Listener.prototype, 'handle', descriptor);

class AppModule {}
Module({
  imports: [
    LightbusModule.forRoot({
      serviceName: SERVICE,
      processName: PROCESS,
      config: {
        apis: {
          default: {
            event_transport: { redis: { url: REDIS_URL, ...JSON.parse(SETTINGS ?? '{}') } },
          },
        },
      },
    }),
  ],
  providers: [Listener],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
