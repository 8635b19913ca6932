import {
  ConfigurableModuleBuilder,
  Global,
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { Aggregates } from './aggregates/aggregates.js';
import { EventBus } from './bus/event-bus.js';
import { EventHistory } from './bus/event-history.js';
import { Sender } from './bus/sender.js';
import type { LightbusModuleOptions } from './config/sources/module-options.js';
import { resolveConfig, type CommandLineOptions } from './config/settings/resolve-config.js';
import type { EventTransportSettings, ResolvedConfig } from './config/settings/settings.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { Listeners } from './operations/listeners.js';
import { RESOLVED_CONFIG, Supervisor } from './lifecycle/supervisor.js';
import { ConfigurationError } from './errors.js';
import { getEventDefinition } from './event/event.decorator.js';
import { EventRegistry } from './event/event-registry.js';
import { HandlerPipeline } from './listener/handler-pipeline.js';
import { LazyModules } from './listener/lazy-modules.js';
import { ListenerExplorer } from './listener/listener.explorer.js';
import { otherFolders, OWN_FOLDER } from './listener/package-copies.js';
import { ProjectionExplorer } from './projections/projection-explorer.js';
import { Projections } from './projections/projections.js';
import { LightbusLogger, type BusLogLevel } from './logger.js';
import { MemoryStore } from './store/memory/memory.store.js';
import { connectionOptions } from './redis/connection-options.js';
import { RedisStore } from './store/redis/redis.store.js';
import { SchemaPublisher } from './schema/publication/schema-publisher.js';
import { RemoteSchemas } from './schema/remote/remote-schemas.js';
import { SchemaReader } from './schema/schema-reader.js';
import type { EventStore } from './store/event-store.js';
import type { BusSchema } from './schema/bus-schema.js';
import { Stores } from './store/stores.js';

/** What a class given to `LightbusModule.forRootAsync` as `useClass` or `useExisting` implements. */
export interface LightbusOptionsFactory {
  /** Makes the module's options, once, when the application is created. */
  createLightbusOptions(): LightbusModuleOptions | Promise<LightbusModuleOptions>;
}

/** Options of `LightbusModule.forRootAsync`. */
export type LightbusModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  LightbusModuleOptions,
  'createLightbusOptions'
>;

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

/** Injection token of the classes that one `LightbusModule.forFeature` was given. */
export const OWNED_EVENTS = Symbol('LIGHTBUS_OWNED_EVENTS');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<LightbusModuleOptions>({ moduleName: 'Lightbus' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createLightbusOptions')
    .build();

/**
 * Lightbus for Nest. Import `forRoot` or `forRootAsync` once: it is global and provides `EventBus`.
 * Import `forFeature` in each module that owns events.
 */
@Global()
@Module({
  imports: [DiscoveryModule, LifecycleModule],
  providers: [
    {
      provide: RESOLVED_CONFIG,
      useFactory: resolveOptions,
      inject: [
        { token: MODULE_OPTIONS_TOKEN, optional: true },
        { token: COMMAND_LINE, optional: true },
      ],
    },
    {
      provide: LightbusLogger,
      useFactory: createLogger,
      inject: [RESOLVED_CONFIG, { token: COMMAND_LINE, optional: true }],
    },
    {
      provide: Stores,
      useFactory: createStores,
      inject: [RESOLVED_CONFIG, LightbusLogger],
    },
    {
      provide: SchemaPublisher,
      useFactory: createPublisher,
      inject: [EventRegistry, RESOLVED_CONFIG, LightbusLogger, Stores],
    },
    {
      provide: RemoteSchemas,
      useFactory: createRemoteSchemas,
      inject: [RESOLVED_CONFIG, LightbusLogger, Stores, { token: COMMAND_LINE, optional: true }],
    },
    {
      provide: Sender,
      useFactory: ({ bus }: ResolvedConfig) => new Sender(bus.headers),
      inject: [RESOLVED_CONFIG],
    },
    EventRegistry,
    EventHistory,
    EventBus,
    Aggregates,
    HandlerPipeline,
    ListenerExplorer,
    LazyModules,
    ProjectionExplorer,
    Projections,
    Supervisor,
    Listeners,
  ],
  exports: [EventBus, Aggregates, Listeners, Projections, EventRegistry, Stores, RESOLVED_CONFIG],
})
export class LightbusModule extends ConfigurableModuleClass {
  /** @throws ConfigurationError where the module was imported twice; nothing is connected by then. */
  constructor(modules: ModulesContainer) {
    super();
    const all = [...modules.values()].filter(({ metatype }) => metatype === LightbusModule);
    if (all.length < 2) return;
    throw new ConfigurationError(
      'LightbusModule.forRoot (or forRootAsync) is imported more than once, so every listener would ' +
        'be started more than once. Import it in the root module only: it is global. (In a test, ' +
        'import LightbusTestingModule instead of it, beside the modules under test.)',
    );
  }

  /**
   * Makes the bus available to the whole application.
   *
   * @param options where the configuration is and who this process is; without any, the
   *   event-sourcing settings on `redis://127.0.0.1:6379/0`.
   * @throws ConfigurationError when the application is created, with every problem.
   */
  static override forRoot(options: LightbusModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * As {@link forRoot}, with options that are made when the application is created: by a factory, or
   * by a class that implements {@link LightbusOptionsFactory}.
   *
   * @param options `useFactory` with `inject`, `useClass` or `useExisting`; `imports` for what these
   *   need.
   * @throws ConfigurationError when the application is created, with every problem.
   */
  static override forRootAsync(options: LightbusModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * Registers event classes that this service is authoritative for. Only those may be fired; any
   * service may listen to any event.
   *
   * @throws EventDefinitionError when the application is created: a class without `@Event`, or two
   *   classes of one event.
   */
  static forFeature(events: readonly Type<object>[]): DynamicModule {
    const register = (registry?: EventRegistry) => {
      if (!registry) throw noBus();
      registry.register(events);
    };
    // Nest may tell dynamic modules apart by their text ('deep-hash'), so each must name its events.
    const provide = Symbol(`LIGHTBUS_EVENTS ${events.map(describeEvent).join(' ')}`);
    return {
      module: LightbusFeatureModule,
      providers: [
        { provide, useFactory: register, inject: [{ token: EventRegistry, optional: true }] },
        // As a value, so that the events are known without starting the application.
        { provide: OWNED_EVENTS, useValue: events },
      ],
    };
  }
}

@Module({})
class LightbusFeatureModule {}

function noBus(): ConfigurationError {
  const others = otherFolders();
  const copies =
    others.length === 0
      ? ''
      : ` That of another copy of nestjs-lightbus does not count: ${OWN_FOLDER} registers the events, and ` +
        `${others.join(', ')} is loaded, too. Leave one: npm ls nestjs-lightbus shows who needs which.`;
  return new ConfigurationError(
    'LightbusModule.forFeature registers events, and there is no bus. Import ' +
      `LightbusModule.forRoot() once, in the root module: it is global.${copies}`,
  );
}

function describeEvent(type: unknown): string {
  // What is no class is refused when the application is created, in words that help.
  if (typeof type !== 'function') return String(type);
  return getEventDefinition(type as Type<object>)?.canonicalName ?? type.name;
}

function resolveOptions(
  options: LightbusModuleOptions | undefined,
  commandLine: CommandLine | undefined,
): Promise<ResolvedConfig> {
  if (options !== undefined) {
    return resolveConfig(options, undefined, commandLine?.options, commandLine?.foundConfig);
  }
  throw new ConfigurationError(
    'LightbusModule has no options: it was imported without forRoot or forRootAsync, or the factory ' +
      'of forRootAsync returned nothing. Import LightbusModule.forRoot() in the root module only; ' +
      'it is global.',
  );
}

function createLogger(config: ResolvedConfig, commandLine?: CommandLine): LightbusLogger {
  const logger = new LightbusLogger(commandLine?.logLevel ?? config.bus.log_level);
  config.warnings.forEach((warning) => logger.warn(warning));
  return logger;
}

function createStores(config: ResolvedConfig, logger: LightbusLogger): Stores {
  const create = (settings: EventTransportSettings): EventStore =>
    settings.kind === 'memory'
      ? new MemoryStore()
      : new RedisStore({
          ...connectionOptions(settings),
          minReplicas: settings.min_replicas,
          logger,
        });
  return new Stores((apiName) => config.apiConfig(apiName), create, logger);
}

function createPublisher(
  registry: EventRegistry,
  config: ResolvedConfig,
  logger: LightbusLogger,
  stores: Stores,
): SchemaPublisher {
  const publisher = new SchemaPublisher(registry, config, logger);
  stores.closeWith(() => publisher.close());
  return publisher;
}

function createRemoteSchemas(
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
