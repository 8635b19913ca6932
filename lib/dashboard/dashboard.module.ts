import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
} from '@nestjs/common';
import { isProduction } from '../config/sources/environment.js';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { ConfigurationError } from '../errors.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import { LightbusLogger } from '../logger.js';
import { BusStreams } from '../operations/bus-streams.js';
import { Listeners } from '../operations/listeners.js';
import { Stores } from '../store/stores.js';
import { bindControllers } from './bind-controllers.js';
import { checkSettings } from './check-settings.js';
import { DashboardBus } from './dashboard-bus.js';
import {
  DASHBOARD_SETTINGS,
  type LightbusDashboardAsyncOptions,
  type LightbusDashboardOptions,
  type LightbusDashboardRoutes,
  type LightbusDashboardSettings,
} from './dashboard-options.js';
import { ROUTE_CLASSES, SERVICES } from './routes.js';
import { HAS_GUARDS } from './security/access.guard.js';

const ROUTE_DEFAULTS: LightbusDashboardRoutes = {
  path: 'lightbus',
  guards: [],
  imports: [],
  version: undefined,
};

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<LightbusDashboardSettings>({ moduleName: 'LightbusDashboard' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createLightbusDashboardOptions')
    .setExtras<LightbusDashboardRoutes>(ROUTE_DEFAULTS, withRoutes)
    .build();

/**
 * The page for whoever operates the bus: streams, history, listeners and dead letters, in an application that imports
 * `LightbusModule`. Its controllers are Nest's, as any other: the application's global guards, interceptors, filters,
 * prefix and versioning apply.
 */
@Module({})
export class LightbusDashboardModule extends ConfigurableModuleClass {
  /** @throws ConfigurationError where nobody would decide who sees the page, in production. */
  constructor(@Inject(HAS_GUARDS) hasGuards: boolean) {
    super();
    if (hasGuards || !isProduction()) return;
    throw new ConfigurationError(
      'LightbusDashboardModule has no guards, and NODE_ENV is production: the page shows what events say, and behind ' +
        'a proxy it could not even tell who asks from afar. Give forRoot guards that decide who may see it, such as ' +
        "{ guards: [AdminGuard] }, or leave the module out and use 'lightbus dashboard' on the machine itself.",
    );
  }

  /**
   * Serves the page at `path`.
   *
   * @param options without `guards` only requests from this machine are answered.
   * @throws ConfigurationError when the application is created: an impossible option; no `guards` in production; no
   *   `LightbusModule`.
   */
  static override forRoot(options: LightbusDashboardOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * As {@link forRoot}, with settings that are made when the application is created. `path`, `guards` and `version`
   * are beside the factory, as Nest makes routes of them before it calls one.
   *
   * @throws ConfigurationError as `forRoot`.
   */
  static override forRootAsync(options: LightbusDashboardAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

const busOfApplication: FactoryProvider<DashboardBus> = {
  provide: DashboardBus,
  useFactory: (
    config?: ResolvedConfig,
    stores?: Stores,
    listeners?: Listeners,
    logger?: LightbusLogger,
  ) => {
    if (config && stores && listeners && logger) {
      const streams = BusStreams.within(config, stores);
      return new DashboardBus({ config, streams, logger, listeners, service: config.serviceName });
    }
    throw new ConfigurationError(
      'LightbusDashboardModule shows the bus of an application, and there is none. Import LightbusModule.forRoot() in ' +
        "the root module, too. Without an application, 'lightbus dashboard' serves the page.",
    );
  },
  inject: [RESOLVED_CONFIG, Stores, Listeners, LightbusLogger].map((token) => ({
    token,
    optional: true,
  })),
};

function withRoutes(definition: DynamicModule, routes: LightbusDashboardRoutes): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...(routes.imports ?? [])],
    controllers: bindControllers(ROUTE_CLASSES, routes),
    providers: [
      ...(definition.providers ?? []),
      { provide: HAS_GUARDS, useValue: (routes.guards ?? []).length > 0 },
      { provide: DASHBOARD_SETTINGS, useFactory: checkSettings, inject: [MODULE_OPTIONS_TOKEN] },
      busOfApplication,
      ...SERVICES,
    ],
  };
}
