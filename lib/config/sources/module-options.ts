import type { ListenerOverrides } from '../options/listener.options.js';
import type { LightbusConfig } from '../options/root.options.js';

/** What a process takes part in. `events`: its listeners run. Firing is always possible. */
export type Feature = 'events';

/** Where a configuration is: the path of a file, an http(s) URL, or the configuration itself. */
export type ConfigSource = string | LightbusConfig;

/**
 * Options of `LightbusModule.forRoot`. Each is stronger than the environment, which is stronger
 * than the configuration file.
 */
export interface LightbusModuleOptions {
  /**
   * Path of a `.yaml`, `.yml` or `.json` file (relative to the working directory), an http(s) URL
   * (10 s, 1 MiB and 5 redirects at most), or the configuration itself. Has shape and keys of a
   * Lightbus file, so that one file serves Python and Node services. Or a list of these: later ones win,
   * key by key. As Python refuses keys that only this module has, they go into a file of their own:
   * `config: ['lightbus.yaml', 'lightbus.node.yaml']`.
   *
   * @default the environment's LIGHTBUS_CONFIG; without it, each option's own default
   */
  config?: ConfigSource | readonly ConfigSource[];
  /**
   * URL of the Redis of every place for which the configuration itself names none: the events of every API, and the
   * schemas. A place has one of its own where it has `url`, or an address in its `connection_parameters`; what else
   * these say (a password, TLS) is added to this URL. `event_transport: { memory: {} }` stays in memory. Forms:
   * `redis://[[user]:password@]host[:port][/db]`, `rediss://…` for TLS, `unix:///path/to/redis.sock[?db=n]`.
   *
   * @default LIGHTBUS_REDIS_URL; without it, redis://127.0.0.1:6379/0
   */
  redis?: string;
  /**
   * Name of this service: first half of its consumer groups' names, `{service_name}-{listener_name}`.
   * Placeholders: `{hostname}` `{pid}` `{random4}` `{random8}` `{random16}` `{friendly}`.
   *
   * @default LIGHTBUS_SERVICE_NAME, the configuration's service_name, '{friendly}'
   */
  serviceName?: string;
  /**
   * Name of this process among those of its service: the consumer's name in every group. Under the
   * same name, a restarted process goes on with the events that it was handling. Placeholders as in
   * `serviceName`.
   *
   * @default LIGHTBUS_PROCESS_NAME, the configuration's process_name, '{random4}'
   */
  processName?: string;
  /**
   * What this process takes part in; `[]` gives one that only fires, such as an API beside its workers. Features
   * that only Python Lightbus has are warned of, so that both may share a variable. Not for `lightbus run`: a worker
   * listens whatever is said here, so that one module serves both, unless its own `--features`, `--only` or `--skip`
   * or LIGHTBUS_FEATURES say otherwise.
   *
   * @default LIGHTBUS_FEATURES (comma separated), ['events']
   */
  features?: readonly Feature[];
  /** Options of listeners by listener name; stronger than those of their decorators. @default {} */
  listeners?: Readonly<Record<string, ListenerOverrides>>;
  /**
   * Whether application-wide guards, interceptors, pipes and filters run around event handlers too.
   * Nest's own name for the same question in hybrid applications. Those bound to a handler or its
   * class always run.
   *
   * @default false
   */
  inheritAppConfig?: boolean;
  /**
   * Whether the start is refused where a class that is loaded has `@OnEvent`, and no module of this
   * application has it among its providers or controllers. `false`, for applications that share files,
   * only warns.
   *
   * @default true
   */
  strictListeners?: boolean;
}
