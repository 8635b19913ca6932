import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { FIRING } from '../channels/channels.js';
import { traced } from '../channels/traced.js';
import { warningsOfFired } from '../event/class-survey.js';
import type { EventDefinition } from '../event/event.decorator.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { NotReplicatedError, StoredEventUnreadError } from '../fire-errors.js';
import { LightbusLogger } from '../logger.js';
import { SchemaPublisher } from '../schema/publication/schema-publisher.js';
import type { OncePlace } from '../store/event-store.js';
import { Stores } from '../store/stores.js';
import { EventHistory } from './event-history.js';
import { surveyEntityStreams, tellRegisteredKeys } from './entity-streams.js';
import { EventPreparation } from './event-preparation.js';
import type { EventInstance, PayloadAndOptions } from './event-payload.js';
import { byStream, storeGroup, type StreamGroup } from './by-stream.js';
import { rememberStored } from './decided-on.js';
import { expectationOf } from './expected-entity.js';
import {
  fireAllRequest,
  fireRequest,
  type FireAllOptions,
  type FireOptions,
  type FireRequest,
} from './fire-options.js';
import type { HistoryOptions } from './history-options.js';
import { allValid, failureOf, rejection } from './publish-failure.js';
import type { HistorySelector } from './selected-events.js';
import { Sender } from './sender.js';
import { ToldFiring } from './told-firing.js';
import { firedMessage, storedOf, type PreparedEvent } from './fired-message.js';

/** Fires events and reads their history. Usable from `onModuleInit` on, until the application has shut down. */
@Injectable()
export class EventBus implements OnModuleInit {
  constructor(
    private readonly registry: EventRegistry,
    private readonly stores: Stores,
    private readonly eventHistory: EventHistory,
    private readonly logger: LightbusLogger,
    private readonly schemas: SchemaPublisher,
    private readonly sender: Sender,
    private readonly preparation: EventPreparation,
  ) {}

  private readonly warn = (text: string) => this.logger.warn(text);

  /**
   * Connects to where this service's events are stored, and publishes their schemas. A Redis that can't be reached
   * within `event_fire_timeout` does not stop the start: the error is logged, and connecting goes on.
   *
   * @throws NotDurableError by the setting `require_durable`; SchemaIncompatibleError by `schema_compatibility: refuse`;
   *   `ConfigurationError` where an aggregate is made of registered events whose API's settings don't allow that.
   */
  async onModuleInit(): Promise<void> {
    const registered = this.registry.all();
    this.registry.onRegistered((added) => this.warnOf(added));
    const ofStreams = await surveyEntityStreams(registered, this.stores);
    this.warnOf(registered);
    ofStreams.forEach(this.warn);
    const publishing = this.publish();
    // Awaited below, whatever becomes of the stores.
    publishing.catch(() => undefined);
    await Promise.all(this.registry.ownedApis().map((apiName) => this.stores.open(apiName)));
    await publishing;
    tellRegisteredKeys(this.registry, this.stores, this.logger);
  }

  /**
   * Stores an event: an instance of an `@Event` class, or the class and a plain payload.
   *
   * Under a given `options.id` an event is stored once, however often it is fired within ten minutes:
   * that is how to try again where `retry` of the error is `'with_ids'`. Without one it is given a UUID of version 8 that
   * begins with Redis's time (with zeros where that isn't known).
   *
   * With it are stored the time, what `SenderOptions` say, and what is carried on from an event that is being handled.
   *
   * With `options.expectedVersion` it is stored only if exactly so many events of its entity are (optimistic append):
   * checked and stored in one step. A retry with the same `id` and `expectedVersion` resolves to what was stored.
   *
   * @returns the message, once Redis has stored the event; `nativeId` is its entry id. `duplicate` says
   *   whether an event was stored under the given id before; then the message is of what is stored: its
   *   payload, made an instance as `history` does it, its version and its time. (Where it has been trimmed
   *   or deleted since, the payload is the given one, with a warning.)
   * @throws FireError, whose `retry` says what to do. Nothing was sent: `UnknownEventError` the class was
   *   not registered with `LightbusModule.forFeature`; `EventValidationError` the event does not satisfy
   *   its class (setting `validate.outgoing`), where an unknown property counts; `EventSerializationError`
   *   JSON can't carry a value; `BusClosedError` the application has shut down. `PublishError` it was not
   *   stored; its `cause` is a `SchemaIncompatibleError` where the schema of its API will not be published, by
   *   `schema_compatibility: refuse`. `PublishOutcomeUnknownError` the connection failed, or `event_fire_timeout` passed, after the
   *   event was written. `StoredEventUnreadError` it is stored, and was before, but what is stored could
   *   not be read. `ConcurrencyError` the entity has another number of events, and nothing was
   *   stored. `NotReplicatedError` it is stored, by the setting `min_replicas` on too few
   *   replicas. No `FireError` where the call is wrong: `InvalidOptionsError` for an unknown option, an
   *   impossible `id`, or an `expectedVersion` where that can't be had: an event without a key, an API with
   *   `stream_use: per_event` or a `max_stream_length`; `EventDefinitionError` for what has no `@Event`.
   */
  fire<T extends object>(event: EventInstance<T>, options?: FireOptions): Promise<EventMessage<T>>;
  fire<T extends object>(
    type: Type<T>,
    ...payloadAndOptions: PayloadAndOptions<T, FireOptions>
  ): Promise<EventMessage<T>>;
  fire<T extends object>(
    eventOrType: T | Type<T>,
    payloadOrOptions?: object,
    optionsOfPayload?: FireOptions,
  ): Promise<EventMessage<T>> {
    try {
      // Before the options: what is no event would make them look wrong.
      const definition = this.registry.definitionOf(eventOrType);
      const isType = typeof eventOrType === 'function';
      const request = fireRequest(isType ? optionsOfPayload : payloadOrOptions, this.sender);
      // Without a payload it is an event without properties; `null` is a mistake.
      const payload = payloadOrOptions === undefined ? {} : payloadOrOptions;
      const preparing = this.preparation.prepare(
        definition,
        isType ? payload : eventOrType,
        request,
        0,
      );
      const store = (prepared: PreparedEvent) =>
        this.store([prepared], request, () => prepared.message as EventMessage<T>);
      // Nearly always it is there already.
      return preparing instanceof Promise ? preparing.then(store) : store(preparing);
    } catch (error) {
      return rejection(error);
    }
  }

  /**
   * Stores several events, given as instances: all of one stream in one transaction, in order and
   * with nothing between them. One that is invalid, and none is sent.
   *
   * Events of several streams take one transaction each, in the order of their first events. Where a
   * later one fails, `stored` of the error lists what is stored. Under given `options.ids` each event
   * is stored once, however often it is fired within ten minutes. With `options.expectedVersion` all must be about
   * one entity, and so on one stream.
   *
   * @returns the messages, in the order of the events.
   * @throws as {@link fire}, about all of the events; and `PartiallyStoredError`. An
   *   `EventValidationError` is about all invalid events, and each of its `properties` has an `index`.
   */
  async fireAll(
    events: readonly object[],
    options?: FireAllOptions,
  ): Promise<EventMessage<object>[]> {
    const request = fireAllRequest(options, events.length, this.sender);
    const prepared = await allValid(events, (event, i) =>
      this.preparation.prepare(this.registry.definitionOf(event), event, request, i),
    );
    return this.store(prepared, request, () => storedOf(prepared));
  }

  /**
   * Reads stored events, whoever fired them and whether or not a listener has seen them, page by
   * page: memory stays flat however long the stream is. An entry that is no event is left out, with a
   * warning. Of several streams it gives what was stored when it began, up to one instant for all of them.
   *
   * @param selectors an event class, `'<api>.<event>'`, `'<api>.*'`, or a list of these; no event comes twice.
   *   Events of a selected or a registered class are its instances, cast as for a handler; others plain objects.
   * @returns what can be iterated over once.
   * @throws InvalidOptionsError, InvalidPositionError, EventDefinitionError at the call; `TransportError`, the signal's
   *   reason, `UpcastError` while iterating, and `InvalidOptionsError` where only Redis knows that `key` can't
   *   be had; `HistoryGoneBackError` where Redis does not hold any more what was read. With `follow`, a
   *   `TransportError` only where Redis refuses for a reason that stays.
   */
  history<T extends object>(
    selector: Type<T>,
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<T>>;
  history(selector: string, options?: HistoryOptions): AsyncIterable<EventMessage>;
  history<T extends Type<object>>(
    selectors: readonly T[],
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<InstanceType<T>>>;
  history<T extends HistorySelector>(
    selectors: readonly T[],
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<InstanceType<Extract<T, Type<object>>> | Record<string, unknown>>>;
  history(
    selectors: HistorySelector | readonly HistorySelector[],
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<object>> {
    return this.eventHistory.read(selectors, options);
  }

  private async publish(): Promise<void> {
    try {
      await this.schemas.start();
    } catch (error) {
      // Nest calls no hooks of an application that failed to start.
      await this.stores.close();
      throw error;
    }
  }

  private warnOf(registered: readonly EventDefinition[]): void {
    registered.flatMap(warningsOfFired).forEach(this.warn);
  }

  private store<T>(
    prepared: readonly PreparedEvent[],
    request: FireRequest,
    messages: () => T,
  ): Promise<T> {
    if (!FIRING.hasSubscribers || prepared.length === 0)
      return this.storeAll(prepared, request, messages);
    const firing = new ToldFiring(this.stores.holder.token, prepared, request);
    const store = () => {
      firing.takeTraces();
      return this.storeAll(prepared, request, messages);
    };
    return traced(FIRING, firing, store, () => (firing.outcome = 'stored'));
  }

  private async storeAll<T>(
    prepared: readonly PreparedEvent[],
    request: FireRequest,
    messages: () => T,
  ): Promise<T> {
    const expected = expectationOf(prepared, request, this.registry);
    // All are serialised before any is sent.
    const groups = byStream(prepared);
    const once = request.ids !== undefined || expected !== undefined;
    let group: StreamGroup | undefined;
    try {
      for (const { stream, target, entries } of groups)
        target.store.checkSize(stream, entries, { once });
      if (!this.schemas.isOpen)
        await this.schemas.published(prepared.map(({ definition }) => definition));
      for (group of groups) {
        const places = await storeGroup(group, request, expected);
        this.stores.stored(group.stream);
        this.keep(group, places, request);
      }
    } catch (error) {
      if (group) this.stores.notStored(group.stream, error);
      if (error instanceof NotReplicatedError || error instanceof StoredEventUnreadError) {
        if (group) this.keep(group, error.stored, request);
      }
      // Not the payloads: errors are logged.
      const stored = storedOf(prepared).map(({ id, nativeId, stream }) => ({
        id,
        nativeId,
        stream,
      }));
      throw failureOf(error, { ids: prepared.map(({ event }) => event.id), stored });
    }
    return messages();
  }

  private keep(
    { events, entries }: StreamGroup,
    places: readonly (string | OncePlace)[],
    { decidedOn }: FireRequest,
  ): void {
    for (let i = 0; i < events.length; i++) {
      const [one, at] = [events[i], places[i]];
      if (!one || at === undefined) continue;
      const place = typeof at === 'string' ? { nativeId: at } : at;
      one.message = firedMessage(one, place, this.warn);
      if (decidedOn)
        rememberStored(one.message, place.found === undefined ? entries[i] : place.found);
    }
  }
}
