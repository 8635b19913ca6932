// An application, a part of which has its own copies of nestjs-lightbus, class-transformer and
// class-validator. Prints what it is told.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { LightbusModule, OnEvent } from 'nestjs-lightbus';
import { FeatureListener, featureModule, Ordered } from './feature/feature.mjs';

const config = { apis: { default: { event_transport: { memory: {} } } } };
const warnings = [];
const quiet = () => undefined;
const logger = { log: quiet, error: quiet, warn: (line) => void warnings.push(line) };

async function start(parts, options = {}) {
  class AppModule {}
  const imports = [LightbusModule.forRoot({ config, ...options }), ...(parts.imports ?? [])];
  Module({ ...parts, imports })(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
}

async function messageOf(doing) {
  return doing.then(
    () => 'nothing',
    ({ name, message }) => `${name}: ${message}`,
  );
}

const handlers = await messageOf(start({ providers: [FeatureListener] }));
const feature = await messageOf(start({ imports: [featureModule()] }));

warnings.length = 0;
const firing = await start({ imports: [LightbusModule.forFeature([Ordered])] }, { features: [] });
await firing.close();
const copies = warnings.filter((line) => line.includes(' copies of '));

const listening = await start({});
class Late {
  handle() {}
}
const handle = Object.getOwnPropertyDescriptor(Late.prototype, 'handle');
OnEvent('store.orders.*', { listenerName: 'late' })(Late.prototype, 'handle', handle);
class LateModule {}
Module({ providers: [Late] })(LateModule);
const lazy = await messageOf(listening.get(LazyModuleLoader).load(() => LateModule));
await listening.close();

console.log(JSON.stringify({ handlers, feature, copies, lazy }));
