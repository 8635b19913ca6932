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
import { EventPreparation } from './bus/event-preparation.js';
import { EventHistory } from './bus/event-history.js';
import { Sender } from './bus/sender.js';
import type { ResolvedConfig } from './config/settings/settings.js';
import type { LightbusModuleOptions } from './config/sources/module-options.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import {
  COMMAND_LINE,
  createLogger,
  createPublisher,
  createRemoteSchemas,
  createSender,
  createStores,
  resolveOptions,
} from './lightbus.factories.js';
import { Listeners } from './operations/listeners.js';
import { RESOLVED_CONFIG, Supervisor } from './lifecycle/supervisor.js';
import { isModuleOf } from './lifecycle/module-definitions.js';
import { isTestByMistake } from './lifecycle/test-on-redis.js';
import { ConfigurationError } from './errors.js';
import { getEventDefinition } from './event/event.decorator.js';
import { EventRegistry } from './event/event-registry.js';
import { HandlerPipeline } from './listener/handler-pipeline.js';
import { LazyModules } from './listener/lazy-modules.js';
import { ListenerExplorer } from './listener/listener.explorer.js';
import { otherFolders, OWN_FOLDER } from './listener/package-copies.js';
import { ProjectionExplorer } from './projections/projection-explorer.js';
import { Projections } from './projections/projections.js';
import { LightbusLogger } from './logger.js';
import { SchemaPublisher } from './schema/publication/schema-publisher.js';
import { RemoteSchemas } from './schema/remote/remote-schemas.js';
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

/** Injection token of the classes that one `LightbusModule.forFeature` was given. */
export const OWNED_EVENTS = Symbol('LIGHTBUS_OWNED_EVENTS');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<LightbusModuleOptions>({ moduleName: 'Lightbus' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createLightbusOptions')
    .build();

/** Injection token of what `LightbusModule.forRoot` was given, or `forRootAsync` has made. */
export const MODULE_OPTIONS = MODULE_OPTIONS_TOKEN;

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
      useFactory: async (config: ResolvedConfig, logger: LightbusLogger, all: ModulesContainer) =>
        createStores(config, logger, await isTestByMistake(all, LightbusModule)),
      inject: [RESOLVED_CONFIG, LightbusLogger, ModulesContainer],
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
      useFactory: createSender,
      inject: [RESOLVED_CONFIG],
    },
    EventRegistry,
    EventHistory,
    EventPreparation,
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
  exports: [
    ...[EventBus, Aggregates, Listeners, Projections, EventRegistry],
    ...[Stores, RESOLVED_CONFIG, LightbusLogger],
  ],
})
export class LightbusModule extends ConfigurableModuleClass {
  /** @throws ConfigurationError where the module was imported twice; nothing is connected by then. */
  constructor(modules: ModulesContainer) {
    super();
    const all = [...modules.values()].filter(({ metatype }) =>
      isModuleOf(LightbusModule, metatype),
    );
    if (all.length < 2) return;
    throw new ConfigurationError(
      'LightbusModule.forRoot (or forRootAsync) is imported more than once, so every listener would ' +
        'be started more than once. Import it in the root module only: it is global. (In a test of modules ' +
        "that import it, don't import LightbusTestingModule, too: overrideLightbus puts it in their place.)",
    );
  }

  /**
   * Makes the bus available to the whole application.
   *
   * @param options where the configuration is and who this process is; without any, the
   *   event-sourcing settings on `redis://127.0.0.1:6379/0`, or what `LIGHTBUS_REDIS_URL` says.
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
    'LightbusModule.forFeature registers events, and there is no bus. Import LightbusModule.forRoot() once, ' +
      'in the root module: it is global. (In a test of modules that do not import it: ' +
      `LightbusTestingModule.forRoot(), beside them.)${copies}`,
  );
}

function describeEvent(type: unknown): string {
  // What is no class is refused when the application is created, in words that help.
  if (typeof type !== 'function') return String(type);
  return getEventDefinition(type as Type<object>)?.canonicalName ?? type.name;
}
