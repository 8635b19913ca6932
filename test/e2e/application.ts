import {
  Module,
  type DynamicModule,
  type INestApplicationContext,
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
import { owned } from '../support/owned.js';

/** What an application for a test is made of. */
export interface ApplicationParts {
  readonly url: string;
  readonly service: string;
  /** Process name. @default 'w1' */
  readonly process?: string;
  readonly events?: readonly Type<object>[];
  readonly providers?: Provider[];
  readonly controllers?: Type<object>[];
  readonly imports?: (Type<object> | DynamicModule)[];
  /** Settings of `event_transport.redis`. */
  readonly redis?: Readonly<Record<string, unknown>>;
  /** Settings of the API section beside the transport. */
  readonly api?: Readonly<Record<string, unknown>>;
  /** Settings of the bus. */
  readonly bus?: LightbusConfig['bus'];
  readonly options?: Partial<LightbusModuleOptions>;
  /** Gives them by `forRootAsync` instead of `forRoot`. */
  readonly isAsync?: boolean;
}

/** A Nest application for a test, closed after the test file. */
export interface Application {
  readonly app: INestApplicationContext;
  readonly bus: EventBus;
  /** What was logged: `level message`. */
  readonly logs: readonly string[];
  close(): Promise<void>;
}

/** Starts a Nest application with the real module, on a real Redis. */
export async function startApplication(parts: ApplicationParts): Promise<Application> {
  const config: LightbusConfig = {
    bus: parts.bus,
    apis: {
      default: { ...parts.api, event_transport: { redis: { url: parts.url, ...parts.redis } } },
    },
  };
  const options: LightbusModuleOptions = {
    serviceName: parts.service,
    processName: parts.process ?? 'w1',
    config,
    // Test files have handlers for many applications.
    strictListeners: false,
    ...parts.options,
  };
  @Module({
    imports: [
      parts.isAsync
        ? LightbusModule.forRootAsync({ useFactory: () => options })
        : LightbusModule.forRoot(options),
      LightbusModule.forFeature(parts.events ?? []),
      ...(parts.imports ?? []),
    ],
    providers: parts.providers ?? [],
    controllers: parts.controllers ?? [],
  })
  class TestModule {}

  const logs: string[] = [];
  const app = await NestFactory.createApplicationContext(TestModule, {
    logger: recordTo(logs),
    abortOnError: false,
  });
  const close = () => app.close();
  owned().onEnd(close);
  return { app, bus: app.get(EventBus), logs, close };
}

function recordTo(logs: string[]): LoggerService {
  const record = (level: string) => (message: unknown) => {
    // Of handlers for other applications of the test file.
    if (!String(message).includes('strictListeners')) logs.push(`${level} ${String(message)}`);
  };
  return {
    verbose: record('verbose'),
    debug: record('debug'),
    log: record('log'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
  };
}
