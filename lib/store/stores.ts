import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import type { ApiSettings, EventTransportSettings } from '../config/settings/settings.js';
import { PublishError } from '../fire-errors.js';
import { CommandRefusedError } from '../redis/connection-errors.js';
import { placeKey } from '../redis/client-options.js';
import { connectionOptions } from '../redis/connection-options.js';
import { entryTime } from '../wire/entry-id.js';
import { streamName } from '../wire/stream-names.js';
import { inBackground } from '../timing/background.js';
import { DurabilityCheck } from '../durability/durability-check.js';
import type { EventStore } from './event-store.js';
import type { Holder } from './consumer-groups.js';

/** Makes a store for the settings of an API. */
export type StoreFactory = (settings: EventTransportSettings) => EventStore;

/** Where the events of one API are stored, and how. */
export interface ApiStore {
  readonly store: EventStore;
  readonly settings: ApiSettings;
  /** The stream of one event; with `'*'` the stream of the whole API. */
  readonly streamOf: (eventName: string) => string;
  /**
   * The existing streams that may hold an event; with `'*'` all of the API's, `complete` or not as
   * `EventStore.streamsOfApi` has it.
   */
  readonly streamsOf: (eventName: string, complete: boolean) => Promise<readonly string[]>;
  /** To be called before each append: see `EventStore.announce`. */
  readonly announce: (stream: string) => void;
  /** When the store stored the entry of this id. */
  readonly timeOf: (nativeId: string) => Date;
}

/**
 * The stores of this process. APIs with the same place and connection share one, so that the
 * number of connections does not grow with the number of APIs.
 */
export class Stores {
  /** This process, as holder of consumers' names. */
  readonly holder: Holder = {
    host: hostname(),
    pid: process.pid,
    since: new Date().toISOString(),
    token: randomUUID(),
  };
  private readonly stores = new Map<string, EventStore>();
  private readonly apis = new Map<string, ApiStore>();
  private readonly durability: DurabilityCheck;
  private readonly ending = new AbortController();
  private readonly closedWith: (() => Promise<void>)[] = [];
  private closed = false;
  private readonly refusals = new Map<string, string>();

  /** @param logger is told how safe events are on each store, once. */
  constructor(
    private readonly settingsOf: (apiName: string) => ApiSettings,
    private readonly create: StoreFactory,
    private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'> = new Logger('Lightbus'),
  ) {
    this.durability = new DurabilityCheck(logger);
  }

  /** The store of an API, made on first use. */
  forApi(apiName: string): ApiStore {
    let target = this.apis.get(apiName);
    if (!target) this.apis.set(apiName, (target = this.resolve(apiName)));
    return target;
  }

  /**
   * Connects to where an API's events are, for up to `event_fire_timeout`, and tells in the log how
   * safe they are there. One that can't be reached goes on connecting.
   *
   * @throws NotDurableError by the setting `require_durable`; everything is closed then.
   */
  async open(apiName: string): Promise<void> {
    const { store, settings } = this.forApi(apiName);
    const timeoutMs = settings.event_fire_timeout * 1000;
    if (!settings.event_transport.require_durable) {
      return this.durability.report(store, timeoutMs);
    }
    try {
      await this.durability.require(store, timeoutMs);
    } catch (error) {
      // Nest calls no hooks of an application that failed to start.
      await this.close();
      throw error;
    }
  }

  /** Why Redis has refused to store the latest event of this process, by the streams where that is so. */
  get refused(): ReadonlyMap<string, string> {
    return this.refusals;
  }

  /** An event could not be stored on a stream. */
  notStored(stream: string, error: unknown): void {
    if (!(error instanceof PublishError) || !(error.cause instanceof CommandRefusedError)) return;
    this.refusals.set(stream, error.cause.message);
  }

  /** An event is stored on a stream. */
  stored(stream: string): void {
    if (this.refusals.size > 0) this.refusals.delete(stream);
  }

  /** Every store made so far. */
  all(): EventStore[] {
    return [...this.stores.values()];
  }

  /** Aborted when the application begins to shut down: who waits for events that are to come waits no longer. */
  get closing(): AbortSignal {
    return this.ending.signal;
  }

  /** The application shuts down: see `EventStore.hurry`. */
  hurry(): void {
    this.ending.abort();
    for (const store of this.all()) store.hurry();
  }

  /** Closes something else with the stores, however that comes about. */
  closeWith(close: () => Promise<void>): void {
    this.closedWith.push(close);
  }

  /** Closes every store; one that fails does not keep the others open. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    this.ending.abort();
    this.durability.close();
    const results = await Promise.allSettled([
      ...this.all().map((store) => store.close()),
      ...this.closedWith.map((close) => close()),
    ]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private resolve(apiName: string): ApiStore {
    const settings = this.settingsOf(apiName);
    const { event_transport } = settings;
    const key = storeKey(event_transport);
    const store = this.stores.get(key) ?? this.create(event_transport);
    this.stores.set(key, store);
    // Whoever comes late is told so by the store itself, and no connection stays open.
    if (this.closed) {
      inBackground(
        () => store.close(),
        (error) => this.logger.error(`A connection did not close cleanly: ${String(error)}`),
      );
    }
    const streamOf = (eventName: string) =>
      streamName(apiName, eventName, event_transport.stream_use);
    const isPerEvent = event_transport.stream_use === 'per_event';
    const streamsOf = async (eventName: string, complete: boolean) =>
      eventName === '*' && isPerEvent
        ? store.streamsOfApi(apiName, complete)
        : [streamOf(eventName)];
    const announce = (stream: string) => {
      if (isPerEvent) store.announce(apiName, stream);
    };
    return { store, settings, streamOf, streamsOf, announce, timeOf: entryTime };
  }
}

/** The same for APIs that share a store: those at the same place, where the store behaves the same. */
function storeKey(settings: EventTransportSettings): string {
  if (settings.kind === 'memory') return settings.kind;
  const { consumption_restart_delay, min_replicas } = settings;
  const place = placeKey(connectionOptions(settings));
  return JSON.stringify([place, consumption_restart_delay, min_replicas]);
}
