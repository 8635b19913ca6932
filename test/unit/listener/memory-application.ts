import {
  Module,
  type DynamicModule,
  type INestApplication,
  type LoggerService,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EventBus,
  LightbusModule,
  type LightbusConfig,
  type LightbusModuleOptions,
} from 'nestjs-lightbus';
import { EventRecorder } from 'nestjs-lightbus/testing';
import { FAILURE_LOG } from '../../../lib/testing/failure-log.js';
import { Handling } from '../../../lib/testing/handling.js';
import { owned } from '../../support/owned.js';

/** What an application for a test is made of. */
export interface MemoryApplicationParts {
  readonly events?: readonly Type<object>[];
  readonly providers?: Provider[];
  readonly controllers?: Type<object>[];
  readonly imports?: (Type<object> | DynamicModule)[];
  /** Settings of the API section beside the store. */
  readonly api?: Readonly<Record<string, unknown>>;
  readonly options?: Partial<LightbusModuleOptions>;
  /** Called before the application is initialised. */
  readonly prepare?: (app: INestApplication) => void;
}

/** A Nest application for a test, closed after the test file. */
export interface MemoryApplication {
  readonly app: INestApplication;
  readonly bus: EventBus;
  /** What was logged: `level message`. */
  readonly logs: readonly string[];
  /** Resolves when every listener has handled everything. */
  whenHandled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a Nest application with the real module on the in-memory store. */
export async function startInMemory(parts: MemoryApplicationParts): Promise<MemoryApplication> {
  const config = {
    apis: { default: { ...parts.api, event_transport: { memory: {} } } },
  } as LightbusConfig;
  @Module({
    imports: [
      LightbusModule.forRoot({
        serviceName: 'service',
        processName: 'worker',
        config,
        // Test files have handlers for many applications.
        strictListeners: false,
        ...parts.options,
      }),
      LightbusModule.forFeature(parts.events ?? []),
      ...(parts.imports ?? []),
    ],
    providers: [Handling, EventRecorder, FAILURE_LOG, ...(parts.providers ?? [])],
    controllers: parts.controllers ?? [],
  })
  class AppModule {}

  const logs: string[] = [];
  const app = await NestFactory.create(AppModule, { logger: recordTo(logs), abortOnError: false });
  owned().onEnd(() => app.close());
  parts.prepare?.(app);
  await app.init();
  return {
    app,
    bus: app.get(EventBus),
    logs,
    whenHandled: () => app.get(EventRecorder).whenHandled(),
    close: () => app.close(),
  };
}

/** A logger that keeps lines: `level message`. */
export function recordTo(logs: string[]): LoggerService {
  const record = (level: string) => (message: unknown) =>
    void logs.push(`${level} ${String(message)}`);
  return {
    verbose: record('verbose'),
    debug: record('debug'),
    log: record('log'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
  };
}
