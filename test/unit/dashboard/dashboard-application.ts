import type { AddressInfo } from 'node:net';
import {
  Module,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EventBus, LightbusModule, type LightbusConfig } from 'nestjs-lightbus';
import { LightbusDashboardModule, type LightbusDashboardOptions } from 'nestjs-lightbus/dashboard';
import { EventRecorder } from 'nestjs-lightbus/testing';
import { FAILURE_LOG } from '../../../lib/testing/failure-log.js';
import { Handling } from '../../../lib/testing/handling.js';
import { owned } from '../../support/owned.js';
import { recordTo } from '../listener/memory-application.js';

/** The platforms of Nest for HTTP. */
export const PLATFORMS = ['express', 'fastify'] as const;

/** One of them. */
export type Platform = (typeof PLATFORMS)[number];

/** What an application for a test is made of. */
export interface DashboardParts {
  readonly options?: LightbusDashboardOptions;
  /** In place of `forRoot(options)`. */
  readonly dashboard?: DynamicModule;
  readonly events?: readonly Type<object>[];
  readonly providers?: Provider[];
  readonly nest?: NestApplicationOptions;
  /** @default a store in memory */
  readonly config?: LightbusConfig;
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** A listening application, closed after the test file. */
export interface DashboardApplication {
  readonly app: INestApplication;
  readonly bus: EventBus;
  /** Without `/` at its end, and without the page's path. */
  readonly url: string;
  /** What was logged: `level message`. */
  readonly logs: readonly string[];
  /** Resolves when every listener has handled everything. */
  whenHandled(): Promise<void>;
  close(): Promise<void>;
}

const IN_MEMORY = { apis: { default: { event_transport: { memory: {} } } } } as LightbusConfig;

/** Starts an application with the page. */
export async function startDashboard(
  platform: Platform,
  parts: DashboardParts = {},
): Promise<DashboardApplication> {
  const { options, events = [], providers = [], config = IN_MEMORY } = parts;
  @Module({
    imports: [
      LightbusModule.forRoot({
        ...{ serviceName: 'store', processName: 'web', config },
        // Test files have handlers for many applications.
        strictListeners: false,
      }),
      LightbusModule.forFeature(events),
      parts.dashboard ?? LightbusDashboardModule.forRoot(options),
    ],
    providers: [Handling, EventRecorder, FAILURE_LOG, ...providers],
  })
  class AppModule {}

  const logs: string[] = [];
  const app = await createApplication(platform, AppModule, {
    ...{ logger: recordTo(logs), abortOnError: false, forceCloseConnections: true },
    ...parts.nest,
  });
  parts.prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return {
    app,
    bus: app.get(EventBus),
    url: `http://127.0.0.1:${port}`,
    logs,
    whenHandled: () => app.get(EventRecorder).whenHandled(),
    close: () => app.close(),
  };
}

/** An application that does not listen yet, closed after the test file. */
export async function createApplication(
  platform: Platform,
  root: Type<object>,
  settings: NestApplicationOptions,
): Promise<INestApplication> {
  const app =
    platform === 'express'
      ? await NestFactory.create(root, settings)
      : await NestFactory.create(root, new FastifyAdapter(), settings);
  owned().onEnd(() => app.close());
  return app;
}
