import { apiOptions, validation } from '../options/api.options.js';
import { busOptions, redisSchemaTransport, schemaOptions } from '../options/bus.options.js';
import { parametersInForce } from '../options/renewed-parameters.js';
import { redisEventTransport } from '../options/event-transport.options.js';
import { fill } from './fill.js';
import type { LightbusConfig } from '../options/root.options.js';
import type {
  ApiSettings,
  BusSettings,
  EventTransportSettings,
  SchemaTransportSettings,
  ValidationSettings,
} from './settings.js';

type ApiConfig = NonNullable<LightbusConfig['apis']>[string];

/** Names for the transports that don't name service and consumer themselves. */
export interface ProcessNames {
  readonly serviceName: string;
  readonly processName: string;
  /** Fills in placeholders. */
  expand(template: string): string;
}

/** `bus` with every default filled in. The configuration has been checked. */
export function resolveBus(config: LightbusConfig['bus']): BusSettings {
  const schema = config?.schema;
  return {
    ...fill(busOptions, config),
    schema: {
      ...fill(schemaOptions, schema),
      transport: resolveSchemaTransport(schema?.transport?.redis),
    },
  };
}

function resolveSchemaTransport(config: unknown): SchemaTransportSettings | null {
  if (config === undefined || config === null) return null;
  const transport = fill(redisSchemaTransport, config);
  return {
    url: transport.url,
    connection_parameters: parametersInForce(transport.connection_parameters),
  };
}

/** One API's section with every default filled in. The configuration has been checked. */
export function resolveApi(config: ApiConfig | undefined, names: ProcessNames): ApiSettings {
  const { strict_validation, schema_compatibility, cast_values, event_fire_timeout } = fill(
    apiOptions,
    config,
  );
  return {
    strict_validation,
    schema_compatibility,
    cast_values,
    event_fire_timeout,
    validate: resolveValidation(config?.validate),
    event_transport: resolveEventTransport(config?.event_transport, names),
  };
}

function resolveValidation(config: ApiConfig['validate']): ValidationSettings {
  if (typeof config === 'boolean') return { outgoing: config, incoming: config };
  return fill(validation, config);
}

function resolveEventTransport(
  config: ApiConfig['event_transport'],
  names: ProcessNames,
): EventTransportSettings {
  const options = fill(redisEventTransport, config?.redis);
  return {
    ...options,
    kind: config?.memory ? 'memory' : 'redis',
    connection_parameters: parametersInForce(options.connection_parameters),
    // Python passes no MAXLEN for 0 either.
    max_stream_length: options.max_stream_length || null,
    reclaim_interval: options.reclaim_interval ?? options.acknowledgement_timeout / 2,
    reclaim_batch_size: options.reclaim_batch_size ?? options.batch_size * 10,
    service_name: options.service_name ? names.expand(options.service_name) : names.serviceName,
    consumer_name: options.consumer_name ? names.expand(options.consumer_name) : names.processName,
  };
}
