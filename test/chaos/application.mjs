// What the processes of a run have in common. Plain JavaScript on the built library, as a user
// would have it. Settings come in the environment variable CHAOS; facts go to a local file, which no
// fault of Redis can harm.
import './shifted-clock.mjs';
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { Event, LightbusModule } from '../../dist/index.js';

/** What the test has set. */
export const settings = JSON.parse(process.env.CHAOS);

/** Tells the test a fact. Written before this returns, also if the process is killed after that. */
export function tell(fact) {
  appendFileSync(settings.facts, `${JSON.stringify(fact)}\n`);
}

/** One event class for each API. */
export const events = settings.apis.map(({ api }) => {
  class Counted {}
  for (const property of ['n', 'attempt']) IsInt()(Counted.prototype, property);
  Event(`${api}.counted`)(Counted);
  return Counted;
});

/** Starts an application with these providers. */
export async function start(options, providers, owned) {
  class AppModule {}
  Module({
    imports: [
      LightbusModule.forRoot({
        serviceName: settings.service,
        processName: settings.name,
        config: { apis: settings.config },
        ...options,
      }),
      LightbusModule.forFeature(owned),
    ],
    providers,
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule);
  app.enableShutdownHooks();
  tell({ ready: process.pid });
  return app;
}
