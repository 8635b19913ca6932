import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { EventDefinitionError, PublishError } from '../errors.js';
import { decode, encode } from '../event/codec.js';
import { getEventDefinition, type EventDefinition } from '../event/event.decorator.js';
import type { EventMessage } from '../event/event-message.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';
import { EventRegistry } from '../event/event-registry.js';
import { LightbusLogger } from '../logger.js';
import { hasValidationMetadata, missingValidationMetadata } from '../event/validation-metadata.js';
import { appendEvents, type OutgoingEvent } from '../transport/append-events.js';
import { rangeEnd, rangeStart, type Position } from '../transport/position.js';
import { readHistory, type HistoricEntry } from '../transport/read-history.js';
import { Transports, type ApiTransport } from '../transport/transports.js';

/** The properties of an event class, without its methods: what `fire(EventClass, payload)` takes. */
export type EventPayload<T> = {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any callable property
  [K in keyof T as T[K] extends Function ? never : K]: T[K];
};

/** Options of {@link EventBus.history}. */
export interface HistoryOptions {
  /** First event: `'beginning'`, an instant, or an entry id; inclusive. @default 'beginning' */
  readonly since?: Position<'beginning' | 'end'>;
  /** Last event: `'end'`, an instant, or an entry id; inclusive. @default 'end' */
  readonly until?: Position<'beginning' | 'end'>;
  /** `'asc'`: oldest first. @default 'asc' (Python Lightbus reads newest first) */
  readonly order?: 'asc' | 'desc';
  /** How many events at most. @default no limit */
  readonly limit?: number;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
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
    private readonly logger: LightbusLogger,
  ) {}

  /**
   * Connects to where this service's events are stored. A Redis that can't be reached within
   * `event_fire_timeout` does not stop the start: the error is logged, and connecting goes on.
   */
  async onModuleInit(): Promise<void> {
    for (const definition of this.registry.all()) {
      if (!hasValidationMetadata(definition.type)) {
        this.logger.warn(missingValidationMetadata(definition.type));
      }
    }
    const targets = this.registry.ownedApis().map((apiName) => this.transports.forApi(apiName));
    await Promise.all(
      targets.map(async ({ transport, settings }) => {
        try {
          await transport.connect(settings.event_fire_timeout * 1000);
        } catch (error) {
          this.logger.error(error instanceof Error ? error.message : String(error));
        }
      }),
    );
  }

  /**
   * Stores an event: an instance of an `@Event` class, or the class and a plain payload.
   *
   * @returns the message, once Redis has stored the event; `nativeId` is its entry id.
   * @throws UnknownEventError the class was not registered with `LightbusModule.forFeature`.
   *   `EventValidationError` the event does not satisfy its class (setting `validate.outgoing`); an
   *   unknown property counts. `EventSerializationError` JSON can't carry a value. `PublishError` it
   *   was not stored. In all these cases nothing was sent. `PublishOutcomeUnknownError` the
   *   connection failed, or `event_fire_timeout` passed, after the event was written.
   */
  fire<T extends object>(event: T): Promise<EventMessage<T>>;
  fire<T extends object>(type: Type<T>, payload: EventPayload<T>): Promise<EventMessage<T>>;
  async fire<T extends object>(
    eventOrType: T | Type<T>,
    payload?: EventPayload<T>,
  ): Promise<EventMessage<T>> {
    const prepared =
      typeof eventOrType === 'function'
        ? await this.prepare(eventOrType, payload ?? {})
        : await this.prepare(eventOrType.constructor as Type<T>, eventOrType);
    const [nativeId = ''] = await appendEvents(prepared.target, prepared.stream, [prepared.event]);
    return toMessage<T>(prepared, nativeId);
  }

  /**
   * Stores several events, given as instances: all of one stream in one transaction, in order and
   * with nothing between them. One that is invalid, and none is sent.
   *
   * Events of several streams take one transaction each, in the order of their first events. Where a
   * later one fails, the error's message says which streams hold theirs already.
   *
   * @throws as {@link fire}.
   */
  async fireAll(events: readonly object[]): Promise<EventMessage<object>[]> {
    const prepared = await Promise.all(
      events.map((event) => this.prepare(event.constructor as Type<object>, event)),
    );
    const messages = new Map<Prepared, EventMessage<object>>();
    const stored: string[] = [];
    for (const group of groupBy(prepared, ({ stream }) => stream)) {
      const [first] = group;
      if (!first) continue;
      const outgoing = group.map(({ event }) => event);
      const ids = await appendEvents(first.target, first.stream, outgoing).catch(
        (error: unknown) => {
          throw withStored(error, stored);
        },
      );
      group.forEach((one, i) => messages.set(one, toMessage(one, ids[i] ?? '')));
      stored.push(first.stream);
    }
    return prepared.flatMap((one) => messages.get(one) ?? []);
  }

  /**
   * Reads stored events, whoever fired them and whether or not a listener has seen them, page by
   * page: memory stays flat however long the stream is.
   *
   * @param selector an event class, `'<api>.<event>'` or `'<api>.*'`. With a class the payloads are
   *   its instances, cast as for a handler; otherwise plain objects.
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
    options: HistoryOptions = {},
  ): AsyncIterable<EventMessage<object>> {
    const type = typeof selector === 'string' ? undefined : selector;
    const selection =
      typeof selector === 'string' ? parseSelector(selector) : requireEvent(selector);
    const range = {
      start: rangeStart(options.since ?? 'beginning'),
      end: rangeEnd(options.until ?? 'end'),
      reverse: options.order === 'desc',
      signal: options.signal,
    };
    return this.iterate(selection, type, range, options.limit ?? Infinity);
  }

  private async *iterate(
    selection: EventSelection,
    type: Type<object> | undefined,
    range: Parameters<typeof readHistory>[2],
    limit: number,
  ): AsyncGenerator<EventMessage<object>, void, void> {
    const target = this.transports.forApi(selection.apiName);
    const streams = await target.streamsOf(selection.eventName);
    let left = limit;
    for await (const entry of left > 0 ? readHistory(target.transport, streams, range) : []) {
      const message = this.toHistoricMessage(entry, selection, type, target.settings.cast_values);
      if (!message) continue;
      yield message;
      if (--left <= 0) return;
    }
  }

  private toHistoricMessage(
    { content, ...place }: HistoricEntry,
    { eventName }: EventSelection,
    type: Type<object> | undefined,
    cast: boolean,
  ): EventMessage<object> | undefined {
    const where = `Entry ${place.nativeId} on '${place.stream}'`;
    if (content.kind === 'malformed') {
      this.logger.warn(`${where} is left out of the history: it is no event (${content.reason}).`);
    }
    if (content.kind !== 'event' || (eventName !== '*' && content.eventName !== eventName)) return;
    const { kind: _, parameters, notes, ...identity } = content;
    const { payload, note } = decode(type, parameters, { cast });
    const all = note ? [...notes, note] : notes;
    if (all.length > 0) this.logger.warn(`${where} is irregular: ${all.join('; ')}.`);
    const canonicalName = `${content.apiName}.${content.eventName}`;
    return Object.freeze({ ...identity, ...place, canonicalName, payload, isReplay: true });
  }

  private async prepare(type: Type<object>, value: object): Promise<Prepared> {
    const definition = this.registry.definitionOf(type);
    const target = this.transports.forApi(definition.apiName);
    const validate = target.settings.validate.outgoing;
    const { payload, parameters } = await encode(definition, value, { validate });
    const { apiName, eventName, version } = definition;
    const event = { id: randomUUID(), apiName, eventName, version, parameters };
    return { target, stream: target.streamOf(eventName), definition, payload, event };
  }
}

function requireEvent(type: Type<object>): EventSelection {
  const definition = getEventDefinition(type);
  if (definition) return definition;
  throw new EventDefinitionError(
    `The history of ${type.name} can't be read: the class has no @Event. ` +
      "Decorate it with @Event('<api>.<event>'), or select events by name.",
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

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

function withStored(error: unknown, stored: readonly string[]): unknown {
  if (stored.length === 0 || !(error instanceof PublishError)) return error;
  const streams = stored.map((stream) => `'${stream}'`).join(', ');
  return new PublishError(`${error.message} (The events on ${streams} are stored.)`, {
    cause: error,
  });
}
