import type {
  CanActivate,
  ConfigurableModuleAsyncOptions,
  ControllerOptions,
  ModuleMetadata,
  Type,
} from '@nestjs/common';

/** Injection token of what the page was given, {@link DashboardSettings}. */
export const DASHBOARD_SETTINGS = Symbol('LIGHTBUS_DASHBOARD_SETTINGS');

/** What may be decided when the application is created. */
export interface LightbusDashboardSettings {
  /**
   * Whether dead letters can be redriven and discarded from the page. Without it the page only reads, and
   * answers the addresses of actions with 403. @default false
   */
  readonly actions?: boolean;
  /**
   * Hides personal data. Is asked for each payload before anything of it is shown, searched or downloaded: what it
   * returns is shown in its place. Where it throws, nothing of the payload is shown. Of what can't be read as an
   * event's payload nothing is shown either while there is a `mask`, nor of what a sender says in headers. Texts of
   * errors, ids and names are shown as they are.
   *
   * @param event `'<api>.<event>'`
   * @param payload the event's parameters as they are stored; a copy, which may be changed.
   */
  readonly mask?: (event: string, payload: Readonly<Record<string, unknown>>) => unknown;
  /**
   * Signs the tokens that protect forms against other sites (CSRF), 32 characters or more. Needed where several
   * processes behind a load balancer serve the page, the same in all of them. @default a random one of this process
   */
  readonly secret?: string;
}

/** What must be known when the module is declared, as Nest makes its routes of it. */
export interface LightbusDashboardRoutes {
  /** Where the page is, below the application's global prefix and version. @default 'lightbus' */
  readonly path?: string;
  /**
   * Nest guards that decide about each request, after the application's global ones. Without any, only
   * requests from this machine are answered, and the application does not start where `NODE_ENV` is `production`:
   * global guards can't be seen from here. @default []
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
  /** Modules that export what `guards` need. */
  readonly imports?: ModuleMetadata['imports'];
  /** As in `@Controller`: `VERSION_NEUTRAL` where browsers can't say one. @default the application's */
  readonly version?: ControllerOptions['version'];
}

/** Options of `LightbusDashboardModule.forRoot`. */
export interface LightbusDashboardOptions
  extends LightbusDashboardSettings, LightbusDashboardRoutes {}

/** What a class given to `LightbusDashboardModule.forRootAsync` as `useClass` or `useExisting` implements. */
export interface LightbusDashboardOptionsFactory {
  /** Makes the settings, once, when the application is created. */
  createLightbusDashboardOptions(): LightbusDashboardSettings | Promise<LightbusDashboardSettings>;
}

/** Options of `LightbusDashboardModule.forRootAsync`. */
export type LightbusDashboardAsyncOptions = ConfigurableModuleAsyncOptions<
  LightbusDashboardSettings,
  'createLightbusDashboardOptions'
> &
  LightbusDashboardRoutes;
