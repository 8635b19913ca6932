import { inContext } from '../redis/in-context.js';
import { ConfigurationError, DisconnectedError } from '../errors.js';
import type { EventTransportSettings, ResolvedConfig } from '../config/settings/settings.js';
import { placeKey } from '../redis/client-options.js';
import { connectionOptions } from '../redis/connection-options.js';
import { RedisStore, type RedisStoreOptions } from '../store/redis/redis.store.js';
import type { EventStore } from '../store/event-store.js';
import { parseStreamName, type StreamOwner } from '../wire/stream-names.js';

/** A stream of events on a Redis of the configuration. */
export interface BusStream {
  readonly name: string;
  /** Whose events it holds. */
  readonly owner: StreamOwner;
  readonly store: EventStore;
  /** Settings of its API. */
  readonly settings: EventTransportSettings;
}

/**
 * All streams of the bus, found by their names: no worker has to run, and no schema to be there.
 * Reads every Redis that the configuration names for an API.
 */
export class BusStreams {
  /** By `placeKey`. */
  private readonly stores = new Map<string, EventStore>();

  /**
   * @param logger is told when a connection is lost, and when it is back.
   * @param hint is said after the reason why a Redis can't be reached.
   * @throws ConfigurationError where the configuration names no Redis.
   */
  constructor(
    private readonly config: ResolvedConfig,
    logger: RedisStoreOptions['logger'],
    private readonly hint = '',
  ) {
    for (const apiName of ['default', ...config.apiNames]) {
      const settings = this.settingsOf(apiName);
      if (settings.kind !== 'redis') continue;
      const options = { ...connectionOptions(settings), logger };
      const key = placeKey(options);
      if (!this.stores.has(key)) this.stores.set(key, new RedisStore(options));
    }
    if (this.stores.size > 0) return;
    throw new ConfigurationError(
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
      return await inContext('Looking for streams', store.description, store.findStreams());
    } catch (error) {
      if (!(error instanceof DisconnectedError) || !this.hint) throw error;
      throw new DisconnectedError(`${error.message} ${this.hint}`, { cause: error });
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
    const isItsPlace =
      settings.kind === 'redis' && this.stores.get(placeKey(connectionOptions(settings))) === store;
    return isItsPlace ? [{ name, owner, store, settings }] : [];
  }

  private settingsOf(apiName: string): EventTransportSettings {
    return this.config.apiConfig(apiName).event_transport;
  }
}
