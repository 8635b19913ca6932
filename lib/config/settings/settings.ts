import type { Static, TProperties } from 'typebox';
import type { apiOptions, validation } from '../options/api.options.js';
import type { busOptions, redisSchemaTransport, schemaOptions } from '../options/bus.options.js';
import type {
  ConnectionParameters,
  ConnectionParametersFunction,
} from '../options/connection-parameters.js';
import type { redisEventTransport } from '../options/event-transport.options.js';
import type { ListenerOverrides } from '../options/listener.options.js';
import type { Feature } from '../sources/module-options.js';
import type { OptionMark } from '../options/option.js';

export type { LightbusConfig } from '../options/root.options.js';

/** The options of a declared section, each with a value; sections within it are left out. */
export type Filled<S extends { properties: TProperties }> = {
  readonly [
    K in keyof S['properties'] as S['properties'][K] extends OptionMark ? K : never
  ]: Exclude<Static<S['properties'][K]>, undefined>;
};

type RedisEventTransport = Filled<typeof redisEventTransport>;

/**
 * Where and how one API's events are stored and read: every option of Lightbus's
 * `event_transport.redis`, whatever the transport. Times are in seconds, as in the file.
 */
export interface EventTransportSettings extends RedisEventTransport {
  /** `'memory'` keeps events in this process, and takes no `url` and `connection_parameters`. */
  readonly kind: 'redis' | 'memory';
  /** As configured. `connection_parameters` are stronger. Holds secrets. */
  readonly url: string;
  /** For the Redis client, Python's pool parameters taken out; or what is to be asked for them. Holds secrets. */
  readonly connection_parameters: Readonly<ConnectionParameters> | ConnectionParametersFunction;
  /** `null`: nothing is ever trimmed (also where `0` is configured). */
  readonly max_stream_length: number | null;
  /** Seconds; half of `acknowledgement_timeout` where nothing is configured. */
  readonly reclaim_interval: number;
  /** Entries; ten times `batch_size` where nothing is configured. */
  readonly reclaim_batch_size: number;
  /** First half of the consumer groups' names, placeholders filled in. */
  readonly service_name: string;
  /** Name of the consumer in every group, placeholders filled in. */
  readonly consumer_name: string;
}

/** Which events must be valid. */
export type ValidationSettings = Filled<typeof validation>;

type ApiOptions = Omit<Filled<typeof apiOptions>, 'rpc_timeout' | 'event_listener_setup_timeout'>;

/** One API's settings, every default filled in. Keys and units are those of the file. */
export interface ApiSettings extends ApiOptions {
  readonly validate: ValidationSettings;
  readonly event_transport: EventTransportSettings;
}

/** Where schemas are published. */
export type SchemaTransportSettings = Filled<typeof redisSchemaTransport>;

/** Publication of schemas; `ttl` in seconds. */
export interface SchemaSettings extends Filled<typeof schemaOptions> {
  /** `null` where nothing is configured: then each API's is where its events are. */
  readonly transport: SchemaTransportSettings | null;
}

/** What concerns the bus as a whole. */
export interface BusSettings extends Filled<typeof busOptions> {
  readonly schema: SchemaSettings;
}

/** The configuration that is in force, from all its sources. */
export interface ResolvedConfig {
  /** Service name, placeholders filled in. */
  readonly serviceName: string;
  /** Process name, placeholders filled in. */
  readonly processName: string;
  /** `['events']`, or `[]` for a process that only fires. */
  readonly features: readonly Feature[];
  /** Whether application-wide enhancers run around event handlers. */
  readonly inheritAppConfig: boolean;
  /** Whether an `@OnEvent` on a class that no module provides stops the start. */
  readonly strictListeners: boolean;
  /** Overrides by listener name. */
  readonly listeners: Readonly<Record<string, ListenerOverrides>>;
  /** Where the configuration came from, for logs; secrets masked. */
  readonly source: string;
  /** Whether it is the file of the current folder, because nothing named a configuration. */
  readonly isFound: boolean;
  /** What gave the address of each Redis that the configuration does not name: `LIGHTBUS_REDIS_URL`; `undefined` if nothing did. */
  readonly redisFrom: string | undefined;
  /** What `--config` takes for the same configuration, in this order; empty where code or nothing says it. */
  readonly configArguments: readonly string[];
  /** What concerns the bus as a whole. */
  readonly bus: BusSettings;
  /** Names of the APIs that have a section of their own. */
  readonly apiNames: readonly string[];
  /** What deserves a warning wherever the configuration is read, in whole sentences. */
  readonly warnings: readonly string[];
  /** What an application is warned of, too, but is right in a configuration that Python shares. */
  readonly remarks: readonly string[];
  /** An API's settings: those of its own section, which inherits nothing, or those of `default`. */
  apiConfig(apiName: string): ApiSettings;
}
