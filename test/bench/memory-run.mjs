// One configuration of a listener in a process of its own: node --expose-gc memory-run.mjs <name> <events> <url>.
// Prints, as JSON, how many bytes of each event stay in memory, and how long it took.
import 'reflect-metadata';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Module, Scope, Injectable } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { Redis } from 'ioredis';
import { Event, EventBus, LightbusModule, OnEvent } from '../../dist/index.js';
import { CONFIGURATIONS } from './memory-configurations.mjs';

/** How many events are fired at once, and handled before the next ones are. */
const BATCH = 200;

const [name, eventsText, url] = process.argv.slice(2);
const { listeners, options, scope, failures } = CONFIGURATIONS[name];
const events = Number(eventsText);
// The shortest delays between two attempts.
Math.random = () => 0;

class Counted {}
IsInt()(Counted.prototype, 'n');
Event('bench.counted')(Counted);

let handled = 0;
let whenHandled = () => undefined;
const failed = new Map();

const providers = Array.from({ length: listeners }, (_, i) => {
  class Listener {
    async handle({ n }, { signal }) {
      // As long as a handler may listen: to the end of its event.
      signal.addEventListener('abort', () => undefined, { once: true });
      const before = failed.get(i) === n ? failures : 0;
      if (before < failures) {
        failed.set(i, n);
        if (options.maxAttempts !== 1) throw new Error('once more');
      }
      if (++handled % (BATCH * listeners) === 0) whenHandled();
      if (options.maxAttempts === 1) throw new Error('never');
    }
  }
  if (scope) {
    Injectable({ scope: Scope.REQUEST })(Listener);
    Inject(REQUEST)(Listener, undefined, 0);
    Reflect.defineMetadata('design:paramtypes', [Object], Listener);
  } else {
    Injectable()(Listener);
  }
  const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
  const listenerName = `listener-${i}`;
  OnEvent(Counted, { ...options, listenerName })(Listener.prototype, 'handle', descriptor);
  return Listener;
});
class AppModule {}
Module({
  imports: [
    LightbusModule.forRoot({
      ...{ serviceName: 'bench', processName: 'bench' },
      config: {
        apis: { default: { event_transport: { redis: { url, max_stream_length: 1_000 } } } },
      },
    }),
    LightbusModule.forFeature([Counted]),
  ],
  providers,
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const bus = app.get(EventBus);
const redis = new Redis(url);

const batches = Math.ceil(events / (BATCH * listeners));
// What is compiled and cached belongs to no event.
const warmUp = Math.max(1, Math.ceil(Math.min(batches / 4, 20_000 / (BATCH * listeners))));
await handle(warmUp);
const before = await heap();
const began = performance.now();
await handle(batches);
const seconds = (performance.now() - began) / 1_000;
const after = await heap();
const count = batches * BATCH * listeners;
console.log(
  JSON.stringify({
    ...{ name, events: count, bytes: (after.used - before.used) / count },
    ...{ objects: after.external - before.external, rate: count / seconds },
    timers: process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length,
  }),
);
await app.close();
redis.disconnect();

async function handle(howMany) {
  for (let i = 0; i < howMany; i++) {
    const done = new Promise((resolve) => (whenHandled = resolve));
    await bus.fireAll(Array.from({ length: BATCH }, (_, n) => Object.assign(new Counted(), { n })));
    await done;
    if (options.maxAttempts === 1) await trimDeadLetters();
  }
}

/** They are kept for ever, which this server is not. */
async function trimDeadLetters() {
  for (const key of await redis.keys('*dead*')) await redis.xtrim(key, 'MAXLEN', 100);
}

async function heap() {
  // What is under way ends, and a look for timed-out entries has been.
  await delay(1_500);
  for (let i = 0; i < 8; i++) {
    globalThis.gc();
    await delay(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { used: heapUsed, external };
}
