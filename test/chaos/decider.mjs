// One of many processes that decide about the same entity. Each decision says on which state it was made;
// whether that is true, the stream alone tells.
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import {
  Aggregates,
  Event,
  LightbusError,
  LightbusModule,
  defineAggregate,
} from '../../dist/index.js';

const { api, config, name, facts, changes } = JSON.parse(process.env.CHAOS);

const tell = (fact) => appendFileSync(facts, `${JSON.stringify(fact)}\n`);

class Moved {}
for (const property of ['account', 'by']) IsString()(Moved.prototype, property);
for (const property of ['n', 'version', 'before', 'amount']) IsInt()(Moved.prototype, property);
Event(`${api}.moved`, { key: 'account' })(Moved);

const Account = defineAggregate({
  events: [Moved],
  initial: () => ({ balance: 0 }),
  evolve: ({ balance }, { amount }) => ({ balance: balance + amount }),
});

class AppModule {}
Module({
  imports: [
    LightbusModule.forRoot({ serviceName: 'bank', processName: name, features: [], config }),
    LightbusModule.forFeature([Moved]),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule);
tell({ ready: process.pid });
const aggregates = app.get(Aggregates);
for (let n = 1; n <= changes; n++) await change(n);
await app.close();

async function change(n) {
  for (;;) {
    try {
      const { messages } = await aggregates.change(
        Account,
        'one',
        ({ balance }, { version }) =>
          Object.assign(new Moved(), {
            ...{ account: 'one', by: name, n, version, before: balance },
            amount: 1 + Math.floor(Math.random() * 9),
          }),
        { retries: 10_000 },
      );
      const [{ nativeId, sequence }] = messages;
      tell({ accepted: { by: name, n, nativeId, sequence } });
      return;
    } catch (error) {
      if (!(error instanceof LightbusError)) throw error;
      // Whether it was stored is not known: deciding once more could do it twice.
      if (error.retry === 'with_ids') {
        tell({ unknown: { by: name, n } });
        return;
      }
      tell({ refused: { by: name, n, code: error.code } });
      await delay(50);
    }
  }
}
