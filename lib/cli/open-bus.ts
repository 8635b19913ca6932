import { findConfig } from '../config/sources/find-config.js';
import { NO_CONFIG } from '../config/sources/load-config.js';
import { resolveConfig } from '../config/settings/resolve-config.js';
import type { ResolvedConfig } from '../config/settings/settings.js';
import type { LightbusModuleOptions } from '../config/sources/module-options.js';
import { BusStreams } from '../operations/bus-streams.js';
import type { CommonOptions } from './options.js';
import type { StderrLogger } from './stderr-logger.js';

/**
 * The configuration for a command that only looks: `--config`, what the application is given, the environment, or what
 * lies in the current folder.
 *
 * @param own options of the application; none where it is not asked.
 * @throws ConfigurationError
 */
export async function readConfig(
  { config }: CommonOptions,
  logger: StderrLogger,
  own: LightbusModuleOptions = {},
): Promise<ResolvedConfig> {
  // Without listeners, random names of service and process are nothing to warn of.
  const resolved = await resolveConfig(own, undefined, { config, features: [] }, findConfig());
  if (resolved.isFound) logger.write('info', describeFoundConfig(resolved.source));
  resolved.warnings.forEach((warning) => logger.write('warning', warning));
  resolved.remarks.forEach((remark) => logger.write('debug', remark));
  return resolved;
}

/** Says which file of the current folder was taken. */
export function describeFoundConfig(path: string): string {
  return `The configuration is ${path}, because neither --config nor LIGHTBUS_CONFIG names one.`;
}

/**
 * The streams of the bus, for a command.
 *
 * @param attended whether somebody waits while Redis is away: then its loss and return are logged.
 * @throws ConfigurationError where the configuration names no Redis.
 */
export function openBus(
  config: ResolvedConfig,
  logger: StderrLogger,
  attended: boolean,
): BusStreams {
  const log = (message: string) => logger.write(attended ? 'warning' : 'debug', message);
  return BusStreams.connect(config, { log, warn: log, error: log }, addressHint(config));
}

/** What to say of an address that no configuration names. */
function addressHint({ source, redisFrom }: ResolvedConfig): string {
  if (redisFrom !== undefined)
    return `Where the configuration names no Redis, the address is that of ${redisFrom}.`;
  return source === NO_CONFIG.source
    ? 'No configuration was given, so this is the default address: name one with --config or LIGHTBUS_CONFIG, set LIGHTBUS_REDIS_URL, or go to the folder of a lightbus.yaml.'
    : '';
}
