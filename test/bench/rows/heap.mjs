import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { Redis } from 'ioredis';
import { CONFIGURATIONS } from '../heap-configurations.mjs';
import { costsWhile } from '../measure.mjs';
import { fromPackage } from '../package.mjs';

const { Event, EventBus, LightbusModule, OnEvent } = await fromPackage('index.js');

/** How many events are fired at once, and handled before the next ones are. */
const BATCH = 200;

/** Those that a quick run takes a look at. */
const QUICK = ['plain', 'timeout'];

/** What stays in memory of each event, in every configuration of a listener: nothing may. */
export const ROWS = [
  {
    ...{ group: 'heap', name: 'heap', module: import.meta.url, rounds: 1 },
    contenders: (mode) =>
      Object.entries(CONFIGURATIONS)
        .filter(([title]) => mode === 'full' || QUICK.includes(title))
        .map(([title, { share }]) => ({ title, share })),
    // The heap is that of a process of its own.
    counts: { full: 2_000_000, quick: 10_000, smoke: null },
    ...{ better: 'lower', compared: [], take },
  },
];

class Counted {}
IsInt()(Counted.prototype, 'n');
Event('bench.counted')(Counted);

async function take({ contender: { title }, count: events, url }) {
  const { listeners, options, scope, failures } = CONFIGURATIONS[title];
  // The shortest delays between two attempts.
  Math.random = () => 0;
  const handling = new Handling(listeners, options, failures);
  const app = await start(url, handling.providers(scope));
  const bus = app.get(EventBus);
  const redis = new Redis(url);
  const batches = Math.ceil(events / (BATCH * listeners));
  const run = async (howMany) => {
    for (let i = 0; i < howMany; i++) {
      await handling.batch(bus);
      if (options.maxAttempts === 1) await trimDeadLetters(redis);
    }
  };
  // What is compiled and cached belongs to no event.
  await run(Math.max(1, Math.ceil(Math.min(batches / 4, 20_000 / (BATCH * listeners)))));
  const before = await heapUsed();
  const { time } = await costsWhile(() => run(batches));
  const after = await heapUsed();
  const count = batches * BATCH * listeners;
  const timers = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  await app.close();
  redis.disconnect();
  const figures = { 'bytes an event': (after - before) / count, 'events/s': count / time, timers };
  return { figures };
}

/** Listeners that fail as often as they are to, and know when all have handled a batch. */
class Handling {
  #handled = 0;
  #whenHandled = () => undefined;
  #failed = new Map();

  constructor(listeners, options, failures) {
    Object.assign(this, { listeners, options, failures });
  }

  providers(scope) {
    return Array.from({ length: this.listeners }, (_, i) => {
      const handle = (event, message) => this.#handle(i, event, message);
      class Listener {
        async handle(event, message) {
          return handle(event, message);
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
      const options = { ...this.options, listenerName: `listener-${i}` };
      OnEvent(Counted, options)(Listener.prototype, 'handle', descriptor);
      return Listener;
    });
  }

  /** Fires a batch; resolves when all listeners have handled it. */
  async batch(bus) {
    const done = new Promise((resolve) => (this.#whenHandled = resolve));
    await bus.fireAll(Array.from({ length: BATCH }, (_, n) => Object.assign(new Counted(), { n })));
    await done;
  }

  #handle(i, { n }, { signal }) {
    // As long as a handler may listen: to the end of its event.
    signal.addEventListener('abort', () => undefined, { once: true });
    const isLast = this.options.maxAttempts === 1;
    const before = this.#failed.get(i) === n ? this.failures : 0;
    if (before < this.failures) {
      this.#failed.set(i, n);
      if (!isLast) throw new Error('once more');
    }
    if (++this.#handled % (BATCH * this.listeners) === 0) this.#whenHandled();
    if (isLast) throw new Error('never');
  }
}

async function start(url, providers) {
  class AppModule {}
  const redis = { url, max_stream_length: 1_000, batch_size: 100 };
  const lightbus = LightbusModule.forRoot({
    ...{ serviceName: 'bench', processName: 'bench', strictListeners: false },
    config: { apis: { default: { event_transport: { redis } } } },
  });
  const imports = [lightbus, LightbusModule.forFeature([Counted])];
  Module({ imports, providers })(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger: false });
}

/** They are kept for ever, which this server is not. */
async function trimDeadLetters(redis) {
  for (const key of await redis.keys('*dead*')) await redis.xtrim(key, 'MAXLEN', 100);
}

async function heapUsed() {
  // What is under way ends, and a look for timed-out entries has been.
  await delay(1_500);
  for (let i = 0; i < 8; i++) {
    globalThis.gc();
    await delay(20);
  }
  return process.memoryUsage().heapUsed;
}
