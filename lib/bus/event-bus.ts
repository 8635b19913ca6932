import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { EventDefinitionError } from '../errors.js';
import { encode } from '../event/codec.js';
import type { EventDefinition } from '../event/event.decorator.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { hasValidationMetadata, missingValidationMetadata } from '../event/validation-metadata.js';
import { LightbusLogger } from '../logger.js';
import { prepareAppend, type OutgoingEvent } from '../transport/append-events.js';
import { Transports, type ApiTransport } from '../transport/transports.js';
import { EventHistory, type HistoryOptions } from './event-history.js';
import { withStored } from './stored-streams.js';

/** The properties of an event class, without its methods: what `fire(EventClass, payload)` takes. */
export type EventPayload<T> = {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any callable property
  [K in keyof T as T[K] extends Function ? never : K]: T[K];
};

/** Options of {@link EventBus.fire}. */
export interface FireOptions {
  /**
   * Lightbus id of the event: any text but an empty one, the same for each try. It is looked for among
   * the stream's entries of the last ten minutes, by Redis's clock, in one step with storing.
   *
   * @default a new UUID, stored without a look
   */
  readonly id?: string;
}

interface Prepared {
  readonly target: ApiTransport;
  readonly stream: string;
  readonly definition: EventDefinition;
  readonly payload: object;
  readonly event: OutgoingEvent;
}

/** Fires events and reads their history. Usable from `onModuleInit` on, until the application has shut down. */
@Injectable()
export class EventBus implements OnModuleInit {
  constructor(
    private readonly registry: EventRegistry,
    private readonly transports: Transports,
    private readonly eventHistory: EventHistory,
    private readonly logger: LightbusLogger,
  ) {}

  /**
   * Connects to where this service's events are stored. A Redis that can't be reached within
   * `event_fire_timeout` does not stop the start: the error is logged, and connecting goes on.
   *
   * @throws NotDurableError by the setting `require_durable`.
   */
  async onModuleInit(): Promise<void> {
    for (const definition of this.registry.all()) {
      if (!hasValidationMetadata(definition.type)) {
        this.logger.warn(missingValidationMetadata(definition.type));
      }
    }
    await Promise.all(this.registry.ownedApis().map((apiName) => this.transports.open(apiName)));
  }

  /**
   * Stores an event: an instance of an `@Event` class, or the class and a plain payload.
   *
   * Under a given `options.id` an event is stored once, however often it is fired within ten minutes:
   * how to try again after `PublishOutcomeUnknownError`.
   *
   * @returns the message, once Redis has stored the event; `nativeId` is its entry id.
   * @throws UnknownEventError the class was not registered with `LightbusModule.forFeature`.
   *   `EventDefinitionError` it has no `@Event`. `EventValidationError` the event does not satisfy its
   *   class (setting `validate.outgoing`); an unknown property counts. `EventSerializationError` JSON
   *   can't carry a value. `PublishError` it was not stored. `BusClosedError` the application has shut
   *   down. In all these cases nothing was sent. `PublishOutcomeUnknownError` the connection failed,
   *   or `event_fire_timeout` passed, after the event was written.
   */
  fire<T extends object>(event: T, options?: FireOptions): Promise<EventMessage<T>>;
  fire<T extends object>(
    type: Type<T>,
    payload: EventPayload<T>,
    options?: FireOptions,
  ): Promise<EventMessage<T>>;
  async fire<T extends object>(
    eventOrType: T | Type<T>,
    payloadOrOptions?: object,
    optionsOfPayload?: FireOptions,
  ): Promise<EventMessage<T>> {
    const isType = typeof eventOrType === 'function';
    const id = checkId(isType ? optionsOfPayload : payloadOrOptions);
    // Without a payload it is an event without properties; `null` is a mistake.
    const payload = payloadOrOptions === undefined ? {} : payloadOrOptions;
    const value = isType ? payload : eventOrType;
    const prepared = await this.prepare(eventOrType, value, id);
    const once = id !== undefined;
    const store = prepareAppend(prepared.target, prepared.stream, [prepared.event], { once });
    const [nativeId = ''] = await store();
    return toMessage<T>(prepared, nativeId);
  }

  /**
   * Stores several events, given as instances: all of one stream in one transaction, in order and
   * with nothing between them. One that is invalid, and none is sent.
   *
   * Events of several streams take one transaction each, in the order of their first events. Where a
   * later one fails, the error's message says which streams hold theirs already.
   *
   * @returns the messages, in the order of the events.
   * @throws as {@link fire}.
   */
  async fireAll(events: readonly object[]): Promise<EventMessage<object>[]> {
    const prepared = await Promise.all(events.map((event) => this.prepare(event, event)));
    const transactions = groupBy(prepared, ({ stream }) => stream).map(([stream, group]) => {
      const outgoing = group.map(({ event }) => event);
      return { stream, group, store: prepareAppend(group[0].target, stream, outgoing) };
    });
    const messages = new Map<Prepared, EventMessage<object>>();
    const stored: string[] = [];
    for (const { stream, group, store } of transactions) {
      const ids = await store().catch((error: unknown) => {
        throw withStored(error, stored);
      });
      group.forEach((one, i) => messages.set(one, toMessage(one, ids[i] ?? '')));
      stored.push(stream);
    }
    return prepared.flatMap((one) => messages.get(one) ?? []);
  }

  /**
   * Reads stored events, whoever fired them and whether or not a listener has seen them, page by
   * page: memory stays flat however long the stream is. An entry that is no event is left out, with a
   * warning.
   *
   * @param selector an event class, `'<api>.<event>'` or `'<api>.*'`. With a class the payloads are
   *   its instances, cast as for a handler; otherwise plain objects.
   * @returns what can be iterated over once.
   * @throws InvalidPositionError, EventDefinitionError at the call; `TransportError` and the signal's
   *   reason while iterating.
   */
  history<T extends object>(
    selector: Type<T>,
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<T>>;
  history(selector: string, options?: HistoryOptions): AsyncIterable<EventMessage>;
  history(
    selector: Type<object> | string,
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<object>> {
    return this.eventHistory.read(selector, options);
  }

  private async prepare(
    typeOrInstance: object,
    value: unknown,
    id: string = randomUUID(),
  ): Promise<Prepared> {
    const definition = this.registry.definitionOf(typeOrInstance);
    const target = this.transports.forApi(definition.apiName);
    const validate = target.settings.validate.outgoing;
    const { payload, parameters } = await encode(definition, value, { validate });
    const { apiName, eventName, version } = definition;
    const event = { id, apiName, eventName, version, parameters };
    return { target, stream: target.streamOf(eventName), definition, payload, event };
  }
}

function checkId(options: unknown): string | undefined {
  const id: unknown = (options as FireOptions | undefined)?.id;
  if (id === undefined || (typeof id === 'string' && id.trim() !== '')) return id;
  // Python's workers exit on an empty id.
  throw new EventDefinitionError(
    `An event was fired with the id ${JSON.stringify(id)}. Give a text that is not empty, or no id.`,
  );
}

function toMessage<T>(prepared: Prepared, nativeId: string): EventMessage<T> {
  const { id, apiName, eventName, version } = prepared.event;
  return Object.freeze({
    id,
    nativeId,
    apiName,
    eventName,
    canonicalName: prepared.definition.canonicalName,
    version,
    payload: prepared.payload as T,
    timestamp: prepared.target.timeOf(nativeId),
    stream: prepared.stream,
    isReplay: false,
  });
}

type Group<T> = [T, ...T[]];

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, Group<T>][] {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups];
}
