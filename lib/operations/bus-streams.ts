import { inContext } from '../redis/in-context.js';
import { ConfigurationError, DisconnectedError } from '../errors.js';
import type { EventTransportSettings, ResolvedConfig } from '../config/settings/settings.js';
import { placeKey } from '../redis/client-options.js';
import { connectionOptions } from '../redis/connection-options.js';
import { RedisStore, type RedisStoreOptions } from '../store/redis/redis.store.js';
import type { Stores } from '../store/stores.js';
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

/** What {@link BusStreams} look into. */
interface BusPlaces {
  /** By {@link placeOf}. */
  readonly stores: ReadonlyMap<string, EventStore>;
  readonly close: () => Promise<void>;
  /** Is said after the reason why a Redis can't be reached. */
  readonly hint: string;
}

/**
 * All streams of the bus, found by their names: no worker has to run, and no schema to be there.
 * Reads every place that the configuration names for an API.
 */
export class BusStreams {
  private constructor(
    private readonly config: Pick<ResolvedConfig, 'apiConfig'>,
    private readonly places: BusPlaces,
  ) {}

  /**
   * Over connections of its own: for commands.
   *
   * @param logger is told when a connection is lost, and when it is back.
   * @param hint is said after the reason why a Redis can't be reached.
   * @throws ConfigurationError where the configuration names no Redis.
   */
  static connect(
    config: ResolvedConfig,
    logger: RedisStoreOptions['logger'],
    hint = '',
  ): BusStreams {
    const stores = new Map<string, EventStore>();
    for (const apiName of ['default', ...config.apiNames]) {
      const settings = config.apiConfig(apiName).event_transport;
      if (settings.kind !== 'redis') continue;
      const key = placeOf(settings);
      if (!stores.has(key))
        stores.set(key, new RedisStore({ ...connectionOptions(settings), logger }));
    }
    if (stores.size === 0) {
      throw new ConfigurationError(
        `The configuration (${config.source}) keeps events in the memory of each process. ` +
          'There is nothing that another process could read.',
      );
    }
    const close = async () => {
      await Promise.all([...stores.values()].map((store) => store.close()));
    };
    return new BusStreams(config, { stores, close, hint });
  }

  /** Over what an application uses itself, memory included. Closing it closes nothing. */
  static within(
    config: Pick<ResolvedConfig, 'apiConfig' | 'apiNames'>,
    stores: Pick<Stores, 'forApi'>,
  ): BusStreams {
    const found = new Map<string, EventStore>();
    for (const apiName of ['default', ...config.apiNames]) {
      const key = placeOf(config.apiConfig(apiName).event_transport);
      if (!found.has(key)) found.set(key, stores.forApi(apiName).store);
    }
    return new BusStreams(config, { stores: found, close: async () => undefined, hint: '' });
  }

  /**
   * The streams that exist now, in the order of their names.
   *
   * @throws TransportError where Redis can't be reached.
   */
  async find(): Promise<BusStream[]> {
    const found = await Promise.all(
      [...this.places.stores.values()].map(async (store) => {
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
      const { hint } = this.places;
      if (!(error instanceof DisconnectedError) || !hint) throw error;
      throw new DisconnectedError(`${error.message} ${hint}`, { cause: error });
    }
  }

  /** The places that it looks into, without secrets. */
  descriptions(): string[] {
    return [...this.places.stores.values()].map(({ description }) => description);
  }

  /** Closes the connections that are its own. */
  close(): Promise<void> {
    return this.places.close();
  }

  private toStream(name: string, store: EventStore): BusStream[] {
    const owner = parseStreamName(name);
    if (!owner) return [];
    const settings = this.config.apiConfig(owner.apiName).event_transport;
    // One Redis may be configured in several ways, and hold what belongs to no API that reads it.
    const isItsPlace = this.places.stores.get(placeOf(settings)) === store;
    return isItsPlace ? [{ name, owner, store, settings }] : [];
  }
}

function placeOf(settings: EventTransportSettings): string {
  return settings.kind === 'memory' ? 'memory' : placeKey(connectionOptions(settings));
}
