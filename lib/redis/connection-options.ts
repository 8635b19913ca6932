import type { EventTransportSettings } from '../config/settings/settings.js';
import type { RedisConnectionOptions } from './redis-connection.js';

/** How to connect to the Redis that an API's settings name. */
export function connectionOptions(
  settings: Pick<
    EventTransportSettings,
    'url' | 'connection_parameters' | 'consumption_restart_delay'
  >,
): RedisConnectionOptions {
  return {
    url: settings.url,
    connectionParameters: settings.connection_parameters,
    maxReconnectDelayMs: settings.consumption_restart_delay * 1000,
  };
}
