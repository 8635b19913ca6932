import { DisconnectedError } from '../errors.js';
import { NO_CONFIG } from '../config/load-config.js';
import { resolveConfig } from '../config/resolve-config.js';
import type { EventTransportSettings, ResolvedConfig } from '../config/settings.js';
import { connectionOptions } from '../redis/connection-options.js';
import { RedisStore } from '../store/redis/redis.store.js';
import type { EventStore } from '../store/event-store.js';
import { parseStreamName, type StreamOwner } from '../wire/stream-names.js';
import { CommandError } from './command-error.js';
import type { CommonOptions } from './options.js';
import type { StderrLogger } from './stderr-logger.js';

/** A stream of events on a Redis of the configuration. */
export interface BusStream {
  readonly name: string;
  /** Whose events it holds. */
  readonly owner: StreamOwner;
  readonly store: EventStore;
  /** Settings of its API. */
  readonly settings: EventTransportSettings;
}

/** The configuration for a command that only looks: file, environment and `--config`. @throws ConfigurationError */
export async function readConfig(
  { config }: CommonOptions,
  logger: StderrLogger,
): Promise<ResolvedConfig> {
  // Without listeners, random names of service and process are nothing to warn of.
  const resolved = await resolveConfig({}, undefined, { config, features: [] });
  resolved.warnings.forEach((warning) => logger.write('info', warning));
  return resolved;
}

/**
 * All streams of the bus, found by their names: no worker has to run, and no schema to be there.
 * Reads every Redis that the configuration names for an API.
 */
export class BusStreams {
  private readonly stores = new Map<string, EventStore>();

  /**
   * @param attended whether somebody waits while Redis is away: then its loss and return are logged.
   * @throws CommandError where the configuration names no Redis.
   */
  constructor(
    private readonly config: ResolvedConfig,
    logger: StderrLogger,
    attended: boolean,
  ) {
    const log = (message: string) => logger.write(attended ? 'warning' : 'debug', message);
    for (const apiName of ['default', ...config.apiNames]) {
      const settings = this.settingsOf(apiName);
      if (settings.kind !== 'redis' || this.stores.has(placeOf(settings))) continue;
      const options = { ...connectionOptions(settings), logger: { log, error: log } };
      this.stores.set(placeOf(settings), new RedisStore(options));
    }
    if (this.stores.size > 0) return;
    throw new CommandError(
      `The configuration (${config.source}) keeps events in the memory of each process. ` +
        'There is nothing that another process could read.',
    );
  }

  /**
   * The streams that exist now, in the order of their names.
   *
   * @throws TransportError where Redis can't be reached.
   */
  async find(): Promise<BusStream[]> {
    const found = await Promise.all(
      [...this.stores.values()].map(async (store) => {
        const names = await this.namesOn(store);
        return names.flatMap((name) => this.toStream(name, store));
      }),
    );
    return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async namesOn(store: EventStore): Promise<string[]> {
    try {
      return await store.findStreams();
    } catch (error) {
      if (!(error instanceof DisconnectedError) || this.config.source !== NO_CONFIG.source)
        throw error;
      throw new DisconnectedError(
        `${error.message} No configuration was given, so this is the default address: name one with ` +
          '--config or LIGHTBUS_CONFIG.',
        { cause: error },
      );
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.stores.values()].map((store) => store.close()));
  }

  private toStream(name: string, store: EventStore): BusStream[] {
    const owner = parseStreamName(name);
    if (!owner) return [];
    const settings = this.settingsOf(owner.apiName);
    // One Redis may be configured in several ways, and hold what belongs to no API that reads it.
    const isItsPlace = this.stores.get(placeOf(settings)) === store;
    return isItsPlace ? [{ name, owner, store, settings }] : [];
  }

  private settingsOf(apiName: string): EventTransportSettings {
    return this.config.apiConfig(apiName).event_transport;
  }
}

function placeOf({ kind, url, connection_parameters }: EventTransportSettings): string {
  return JSON.stringify(kind === 'redis' ? [url, connection_parameters] : [kind]);
}
