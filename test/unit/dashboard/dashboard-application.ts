import { Module, type DynamicModule, type INestApplication, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import type { Type } from '@nestjs/common';
import { LightbusModule, type LightbusConfig } from 'nestjs-lightbus';
import { LightbusDashboardModule, type LightbusDashboardOptions } from 'nestjs-lightbus/dashboard';
import { recordTo } from '../listener/memory-application.js';
import { owned } from '../../support/owned.js';

export type Platform = 'express' | 'fastify';

/** What an application for a test is made of. */
export interface DashboardParts {
  readonly options?: LightbusDashboardOptions;
  /** In place of `forRoot(options)`. */
  readonly dashboard?: DynamicModule;
  readonly events?: readonly Type<object>[];
  readonly providers?: Provider[];
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** A listening application, closed after the test file. */
export interface DashboardApplication {
  readonly app: INestApplication;
  readonly url: string;
  /** What was logged: `level message`. */
  readonly logs: readonly string[];
  close(): Promise<void>;
}

/** Starts an application with the page, on the in-memory store. */
export async function startDashboard(
  platform: Platform,
  { options, dashboard, events = [], providers = [], prepare }: DashboardParts = {},
): Promise<DashboardApplication> {
  const config = { apis: { default: { event_transport: { memory: {} } } } } as LightbusConfig;
  @Module({
    imports: [
      LightbusModule.forRoot({
        serviceName: 'store',
        processName: 'web',
        config,
        strictListeners: false,
      }),
      LightbusModule.forFeature(events),
      dashboard ?? LightbusDashboardModule.forRoot(options),
    ],
    providers,
  })
  class AppModule {}

  const logs: string[] = [];
  const settings = { logger: recordTo(logs), abortOnError: false };
  const app =
    platform === 'express'
      ? await NestFactory.create(AppModule, settings)
      : await NestFactory.create(AppModule, new FastifyAdapter(), settings);
  owned().onEnd(() => app.close());
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return { app, url: `http://127.0.0.1:${port}`, logs, close: () => app.close() };
}
