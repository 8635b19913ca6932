import type { Logger } from '@nestjs/common';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { DisconnectedError, SchemaIncompatibleError } from '../../errors.js';
import type { EventDefinition } from '../../event/event.decorator.js';
import type { EventName } from '../../event/event-name.js';
import type { EventRegistry } from '../../event/event-registry.js';
import { PublishError } from '../../fire-errors.js';
import { placeKey } from '../../redis/client-options.js';
import { connectionOptions } from '../../redis/connection-options.js';
import { isOnOtherNode } from '../../redis/refusal.js';
import { inBackground } from '../../timing/background.js';
import { ApiPublication } from './api-publication.js';
import { ownEvent } from './own-event.js';
import { PlacePublications } from './place-publications.js';
import { lateEvent, refusedEvent, withRights } from './held-event.js';
import { PublicationGate } from './publication-gate.js';
import { PublicationReport } from './publication-report.js';
import { schemaPlaceOf } from './schema-places.js';

/** What the publisher needs to know of the configuration. */
export type PublisherConfig = Pick<
  ResolvedConfig,
  'serviceName' | 'processName' | 'apiNames' | 'apiConfig' | 'bus'
>;

/**
 * Publishes the schemas of the events that this service registers, as Lightbus's workers do: before the first event of an
 * API can be fired, and again every 0.8 x `bus.schema.ttl`, whatever the process runs. Where Redis is away, it goes on
 * trying.
 */
export class SchemaPublisher {
  /** Number of registered events up to which all are published, for {@link isOpen}. */
  private openUpTo = 0;
  /** How many were known when it was looked last. */
  private known = 0;
  /** How many are on their way through the gate. */
  private passing = 0;
  private readonly apis = new Map<string, ApiPublication>();
  private readonly places = new Map<string, PlacePublications>();
  /** By API, why it is not published yet. */
  private readonly failures = new Map<string, Error>();
  private readonly told = new Map<string, string>();
  private readonly closing = new AbortController();
  private readonly gate = new PublicationGate((apiName) =>
    lateEvent(apiName, this.failures.get(apiName)),
  );
  private isStarting = false;

  constructor(
    private readonly registry: EventRegistry,
    private readonly config: PublisherConfig,
    private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>,
  ) {}

  /** Whether the schemas of all registered events are published, and nobody is ahead who had to wait for that. */
  get isOpen(): boolean {
    return this.openUpTo === this.registry.size && this.passing === 0;
  }

  /**
   * Begins to publish, and waits for it, of each API for up to its `event_fire_timeout`. A Redis that can't be reached by
   * then does not stop the start: it is logged, and publishing goes on.
   *
   * @throws SchemaIncompatibleError by the setting `schema_compatibility: refuse`.
   */
  async start(): Promise<void> {
    this.isStarting = true;
    this.registry.onRegistered(() => this.learn());
    try {
      this.learn();
      const waits = [...this.apis.keys()].map((apiName) => this.waitAtStart(apiName));
      const results = await Promise.allSettled(waits);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      this.isStarting = false;
    }
  }

  /**
   * Resolves when the schemas of these events' APIs are published, at once where they were: whatever becomes of them later
   * holds nothing up. Whoever calls it earlier for an API goes on earlier, also when it is published in between.
   *
   * @throws PublishError after an API's `event_fire_timeout`, or where a schema will not be published.
   */
  published(events: readonly EventName[]): Promise<void> {
    this.learn();
    this.passing++;
    const passed = this.pass(events);
    // After whoever waits for it has gone on.
    const leave = () => {
      queueMicrotask(() => this.passing--);
    };
    passed.then(leave, leave);
    return passed;
  }

  /** Publishes no more, and closes the connections. What is published expires by itself. Idempotent. */
  async close(): Promise<void> {
    this.closing.abort();
    this.gate.openAll();
    await Promise.all([...this.places.values()].map((place) => place.close()));
  }

  /** Takes over what was registered since it was looked last. */
  private learn(): void {
    if (this.known === this.registry.size || this.closing.signal.aborted) return;
    const definitions = this.registry.all();
    this.known = definitions.length;
    for (const apiName of this.registry.ownedApis()) {
      this.describe(
        apiName,
        definitions.filter((definition) => definition.apiName === apiName),
      );
    }
    this.open();
    const { signal } = this.closing;
    for (const place of this.places.values()) {
      place.wake();
      inBackground(
        () => place.run(signal),
        (error) => this.logger.error(`Schemas are published no more: ${String(error)}`),
      );
    }
  }

  private describe(apiName: string, definitions: readonly EventDefinition[]): void {
    let api = this.apis.get(apiName);
    const place = api ? undefined : this.placeOf(apiName);
    if (place) {
      const { serviceName: service, processName: process, bus } = this.config;
      const { schema_compatibility } = this.config.apiConfig(apiName);
      const { connections, description } = place;
      api = new ApiPublication(apiName, {
        ...{ connections, ttl: bus.schema.ttl },
        publisher: { service, process },
        report: new PublicationReport(schema_compatibility, description, this.logger),
      });
      this.apis.set(apiName, api);
      place.add(api);
    }
    api?.describe(definitions.map(ownEvent));
  }

  private placeOf(apiName: string): PlacePublications | undefined {
    const options = schemaPlaceOf(this.config, apiName);
    if (!options) return undefined;
    const key = placeKey(options);
    let place = this.places.get(key);
    if (!place) {
      const isOfEvents = this.registry.ownedApis().some((one) => {
        const { event_transport } = this.config.apiConfig(one);
        return placeKey(connectionOptions(event_transport)) === key;
      });
      place = new PlacePublications(
        options,
        this.config.bus.schema.ttl,
        // Where events are, the store tells of the connection.
        isOfEvents ? undefined : this.logger,
        {
          published: ({ apiName: name }) => this.hasPublished(name),
          failed: (api, error) => this.hasFailed(api, error),
          refused: ({ apiName: name }, error) => this.hasRefused(name, error),
        },
      );
      this.places.set(key, place);
    }
    return place;
  }

  private hasPublished(apiName: string): void {
    this.failures.delete(apiName);
    if (this.told.delete(apiName)) this.logger.log(`The schema of '${apiName}' is published.`);
    this.gate.open(apiName);
    this.open();
  }

  private hasFailed(api: ApiPublication, error: Error): void {
    const { apiName } = api;
    this.failures.set(apiName, error);
    // A connection that is lost is told where it is; before the first time, it holds up events.
    if (error instanceof DisconnectedError || this.closing.signal.aborted) return;
    // Said at the start, of all that lies on other nodes.
    if (error.cause instanceof Error && isOnOtherNode(error.cause)) return;
    if (this.told.get(apiName) === error.message) return;
    this.told.set(apiName, error.message);
    const effect = api.isPublished
      ? 'It expires where no other process publishes it.'
      : 'Until it is published, no event of the API is stored.';
    this.logger.error(`${withRights(error.message)} ${effect} It is tried again.`);
  }

  private hasRefused(apiName: string, error: SchemaIncompatibleError): void {
    this.gate.refuse(apiName, error);
    // The start says so itself.
    if (!this.isStarting) this.logger.error(error.message);
  }

  private open(): void {
    const all = [...this.apis.values()];
    const areAll = all.every(({ isPublished, refused }) => isPublished && refused.size === 0);
    if (areAll) this.openUpTo = this.known;
  }

  private async pass(events: readonly EventName[]): Promise<void> {
    for (const apiName of new Set(events.map((event) => event.apiName))) {
      const api = this.apis.get(apiName);
      const isHeld = api && !api.isPublished && !this.closing.signal.aborted;
      try {
        // All take the same way, so that none overtakes another.
        await this.gate.wait(apiName, isHeld ? this.timeoutOf(apiName) : undefined);
      } catch (error) {
        if (!(error instanceof SchemaIncompatibleError)) throw error;
        throw refusedEvent(apiName, error);
      }
    }
    for (const { apiName, eventName } of events) {
      const refusal = this.apis.get(apiName)?.refused.get(eventName);
      if (refusal) throw refusedEvent(apiName, refusal);
    }
  }

  private async waitAtStart(apiName: string): Promise<void> {
    if (this.apis.get(apiName)?.isPublished) return;
    try {
      await this.gate.wait(apiName, this.timeoutOf(apiName));
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      // What is in the way was told when it came up, or where the connection is. Events say it again.
      if (this.failures.has(apiName)) return;
      this.told.set(apiName, '');
      this.logger.warn(
        `The schema of '${apiName}' is not published yet: no answer in time. Until it is, no event of the API is ` +
          'stored. It is tried again.',
      );
    }
  }

  private timeoutOf(apiName: string): number {
    return this.config.apiConfig(apiName).event_fire_timeout * 1000;
  }
}
