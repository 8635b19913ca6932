import type { ResolvedConfig } from '../../config/settings/settings.js';
import { placeKey } from '../../redis/client-options.js';
import { connectionOptions } from '../../redis/connection-options.js';
import type { RedisConnectionOptions } from '../../redis/redis-connection.js';

/** The part of the configuration that says where schemas are. */
export type SchemaPlacesConfig = Pick<ResolvedConfig, 'apiConfig' | 'apiNames'> & {
  readonly bus: { readonly schema: Pick<ResolvedConfig['bus']['schema'], 'transport'> };
};

/**
 * Where the schema of an API is published: at `bus.schema.transport`, or where nothing is configured for that, where the
 * API's events are. Nowhere, where these are in the memory of each process.
 */
export function schemaPlaceOf(
  config: SchemaPlacesConfig,
  apiName: string,
): RedisConnectionOptions | undefined {
  const { event_transport } = config.apiConfig(apiName);
  if (event_transport.kind === 'memory') return undefined;
  return configuredPlace(config) ?? connectionOptions(event_transport);
}

/** Every place where schemas of this configuration may be, each once. */
export function schemaPlaces(config: SchemaPlacesConfig): RedisConnectionOptions[] {
  const configured = configuredPlace(config);
  if (configured) return [configured];
  const places = new Map<string, RedisConnectionOptions>();
  for (const apiName of ['default', ...config.apiNames]) {
    const place = schemaPlaceOf(config, apiName);
    if (place && !places.has(placeKey(place))) places.set(placeKey(place), place);
  }
  return [...places.values()];
}

function configuredPlace({ bus }: SchemaPlacesConfig): RedisConnectionOptions | undefined {
  const { transport } = bus.schema;
  return transport
    ? { url: transport.url, connectionParameters: transport.connection_parameters }
    : undefined;
}
