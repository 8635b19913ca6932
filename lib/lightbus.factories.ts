/** How the providers of `LightbusModule` are made that are no classes of their own. */

import { Sender } from './bus/sender.js';
import { resolveConfig, type CommandLineOptions } from './config/settings/resolve-config.js';
import type { EventTransportSettings, ResolvedConfig } from './config/settings/settings.js';
import type { LightbusModuleOptions } from './config/sources/module-options.js';
import { ConfigurationError } from './errors.js';
import type { EventRegistry } from './event/event-registry.js';
import { redisByMistake } from './lifecycle/test-on-redis.js';
import { LightbusLogger, type BusLogLevel } from './logger.js';
import { describePlace } from './redis/client-options.js';
import { connectionOptions } from './redis/connection-options.js';
import type { BusSchema } from './schema/bus-schema.js';
import { SchemaPublisher } from './schema/publication/schema-publisher.js';
import { RemoteSchemas } from './schema/remote/remote-schemas.js';
import { SchemaReader } from './schema/schema-reader.js';
import type { EventStore } from './store/event-store.js';
import { MemoryStore } from './store/memory/memory.store.js';
import { RedisStore } from './store/redis/redis.store.js';
import { Stores } from './store/stores.js';

/** What the `lightbus` command was told: stronger than the options of `LightbusModule.forRoot`. */
export interface CommandLine {
  readonly options: CommandLineOptions;
  /** The file to take where nothing else names a configuration. */
  readonly foundConfig?: string;
  /** In place of the setting `bus.log_level`. */
  readonly logLevel?: BusLogLevel;
  /** Schemas from files: stronger than those on the bus. */
  readonly schemas?: BusSchema;
}

/** Injection token of the {@link CommandLine}; a global module provides it, where there is one. */
export const COMMAND_LINE = Symbol('LIGHTBUS_COMMAND_LINE');

/**
 * The configuration in force. One module serves a process that only fires, with `features: []` in its code, and a
 * worker: the command listens all the same, unless it is told otherwise itself, or by the environment.
 *
 * @throws ConfigurationError with every problem.
 */
export function resolveOptions(
  options: LightbusModuleOptions | undefined,
  commandLine: CommandLine | undefined,
): Promise<ResolvedConfig> {
  if (options !== undefined) {
    const own = commandLine ? { ...options, features: undefined } : options;
    return resolveConfig(own, undefined, commandLine?.options, commandLine?.foundConfig);
  }
  throw new ConfigurationError(
    'LightbusModule has no options: it was imported without forRoot or forRootAsync, or the factory ' +
      'of forRootAsync returned nothing. Import LightbusModule.forRoot() in the root module only; ' +
      'it is global.',
  );
}

/** The logger of the bus, which is told at once what deserves a warning in the configuration. */
export function createLogger(config: ResolvedConfig, commandLine?: CommandLine): LightbusLogger {
  const logger = new LightbusLogger(commandLine?.logLevel ?? config.bus.log_level);
  [...config.warnings, ...config.remarks].forEach((warning) => logger.warn(warning));
  return logger;
}

/**
 * The stores of this process, each made on first use.
 *
 * @param refusesRedis whether none may be on Redis: see `test-on-redis.ts`.
 */
export function createStores(
  config: ResolvedConfig,
  logger: LightbusLogger,
  refusesRedis: boolean,
): Stores {
  const create = (settings: EventTransportSettings): EventStore => {
    if (settings.kind === 'memory') return new MemoryStore();
    const place = connectionOptions(settings);
    if (refusesRedis) throw redisByMistake(describePlace(place));
    return new RedisStore({ ...place, minReplicas: settings.min_replicas, logger });
  };
  return new Stores((apiName) => config.apiConfig(apiName), create, logger);
}

/** What publishes the schemas of this service, and ends with the stores. */
export function createPublisher(
  registry: EventRegistry,
  config: ResolvedConfig,
  logger: LightbusLogger,
  stores: Stores,
): SchemaPublisher {
  const publisher = new SchemaPublisher(registry, config, logger);
  stores.closeWith(() => publisher.close());
  return publisher;
}

/** What other services have published, and files of the command line; ends with the stores. */
export function createRemoteSchemas(
  config: ResolvedConfig,
  logger: LightbusLogger,
  stores: Stores,
  commandLine: CommandLine | undefined,
): RemoteSchemas {
  const reader = new SchemaReader(config);
  const schemas = new RemoteSchemas({
    read: (apiName) => reader.text(apiName),
    ttl: config.bus.schema.ttl,
    patience: (apiName) => config.apiConfig(apiName).event_fire_timeout,
    warn: (text) => logger.warn(text),
  });
  if (commandLine?.schemas) schemas.give(commandLine.schemas);
  stores.closeWith(async () => {
    schemas.close();
    await reader.close();
  });
  return schemas;
}

/** What events say beside their payload, and what of a handled event is carried on. */
export function createSender({ bus }: ResolvedConfig): Sender {
  return new Sender(bus.headers);
}
