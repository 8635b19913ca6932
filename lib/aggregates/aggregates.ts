import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { acceptOptions, type OptionRule } from '../bus/accept-options.js';
import { requireEntityStream } from '../bus/entity-streams.js';
import { EventBus } from '../bus/event-bus.js';
import { givenSide, SENDER_RULES, type SenderOptions } from '../bus/sender-options.js';
import { AggregateDefinitionError, InvalidOptionsError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { ConcurrencyError } from '../fire-errors.js';
import { LightbusLogger } from '../logger.js';
import { Stores } from '../store/stores.js';
import { backoffMs } from '../timing/backoff.js';
import { keyTextOf } from '../wire/entity-key.js';
import { definitionOf, type AggregateDefinition } from './aggregate-definition.js';
import { eventsOf, requireOfEntity } from './decided-events.js';
import type { DefinedAggregate } from './define-aggregate.js';
import { EntityLoader, type Entity } from './entity-loader.js';
import { fireUntilKnown } from './fire-until-known.js';
import { stateClasses } from './state-classes.js';
import { StateText } from './state-text.js';

/** A class with `@Aggregate`, or what `defineAggregate` returned. `S` is the type of its state. */
export type AggregateOf<S> = (new () => S & object) | DefinedAggregate<S>;

/** What {@link Aggregates.load} resolves to. */
export interface LoadedAggregate<S> {
  /** Made of all events of the entity that are stored; a new one for each call. */
  readonly state: S;
  /** How many events of the entity are stored: 0 where there is none yet. To be given as `expectedVersion`. */
  readonly version: number;
}

/** What {@link Aggregates.change} resolves to. */
export interface ChangedAggregate<S> extends LoadedAggregate<S> {
  /** Those of the events that were stored, in order; none where nothing was decided. */
  readonly messages: readonly EventMessage<object>[];
}

/** What a decision is: an event, several of them, or nothing. */
export type Decision = object | readonly object[] | null | undefined;

/** Decides on the state of an entity what happens to it. May be called again: see {@link Aggregates.change}. */
export type Decide<S> = (
  state: S,
  info: { readonly version: number },
) => Decision | Promise<Decision>;

/** Options of {@link Aggregates.change}; those of `SenderOptions` are about all events that it stores. */
export interface ChangeOptions extends SenderOptions {
  /** How often to load and decide again, at most, where somebody else has changed the entity meanwhile. @default 10 */
  readonly retries?: number;
}

const CHANGE_RULES: Readonly<Record<keyof ChangeOptions, OptionRule>> = {
  retries: {
    expected: 'a whole number from 0, or Infinity',
    accepts: (value) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0),
  },
  ...SENDER_RULES,
};

/** Bounds of the delay before loading again, ms: whoever competes for an entity spreads out. */
const FIRST_DELAY_MS = 10;
const LAST_DELAY_MS = 1000;

/** Loads the state of entities from their events, and changes them by more events. */
@Injectable()
export class Aggregates {
  private readonly loader: EntityLoader;
  private readonly texts = new Map<AggregateDefinition<unknown>, StateText>();

  constructor(
    private readonly registry: EventRegistry,
    private readonly stores: Stores,
    private readonly bus: EventBus,
    logger: LightbusLogger,
  ) {
    this.loader = new EntityLoader(logger);
  }

  /**
   * Makes the state of an entity of all its events that are stored, in their order, at the cost of its events, however
   * long the stream is. Nothing is kept between calls, but by snapshots.
   *
   * @param key value of the key property: a text or a number.
   * @throws InvalidOptionsError for what can be no key, and where the settings of the API don't allow it
   *   (`stream_use: per_event`, `max_stream_length`); `AggregateDefinitionError` for what is no aggregate, and for apply methods
   *   that return a promise; `TransportError`, `UpcastError`, and what apply methods throw.
   */
  async load<S>(aggregate: AggregateOf<S>, key: string | number): Promise<LoadedAggregate<S>> {
    const entity = this.entityOf<S>('load', aggregate, key);
    const loaded = await this.loader.load(entity, false);
    this.loader.keep(entity, loaded);
    return { state: loaded.state, version: loaded.version };
  }

  /**
   * Loads an entity, asks `decide` for events, and stores them if the entity has not changed meanwhile. If it has, it
   * loads what is new and calls `decide` again, after a short, growing, random delay. Where the outcome of storing is unknown, it finds out, by
   * firing again under the same ids.
   *
   * **`decide` may run several times** for one change, each time on a state of its own, and only the events of the last
   * time are stored. So it does nothing else that must not happen twice: sending a mail belongs into a listener. It may be async, may
   * throw (nothing is stored, and the error is passed on as it is), and may change the state that it is given: only events count.
   *
   * @param key value of the key property: a text or a number.
   * @param decide is given the state and its version; returns an event of this entity, several (stored together), or nothing.
   * @returns the state with the events that were stored, its version, and the messages.
   * @throws as {@link load} and `EventBus.fireAll`; `ConcurrencyError` after all `retries`; `InvalidOptionsError` for events
   *   of another entity, and for a `decide` that is no function; `PublishOutcomeUnknownError` where the outcome could not be found out within half a minute.
   */
  async change<S>(
    aggregate: AggregateOf<S>,
    key: string | number,
    decide: Decide<S>,
    options?: ChangeOptions,
  ): Promise<ChangedAggregate<S>> {
    const { retries = 10, ...sender } = acceptOptions('change', options, CHANGE_RULES);
    // Before anything is decided.
    givenSide('change', sender);
    const entity = this.entityOf<S>('change', aggregate, key);
    requireFunction(entity.definition, decide);
    let loaded = await this.loader.load(entity, true);
    for (let conflicts = 0; ;) {
      const { version } = loaded;
      const events = eventsOf(await decide(loaded.copy(), { version }));
      let messages: EventMessage<object>[] = [];
      if (events.length > 0) await requireOfEntity(entity, events, this.registry);
      try {
        if (events.length > 0) {
          messages = await fireUntilKnown(this.bus, events, loaded, sender);
        }
      } catch (error) {
        if (!(error instanceof ConcurrencyError) || conflicts >= retries) throw error;
        await delay(backoffMs(++conflicts, FIRST_DELAY_MS, LAST_DELAY_MS));
        loaded = await this.loader.loadMore(entity, loaded);
        continue;
      }
      this.loader.addStored(entity, loaded, messages);
      this.loader.keep(entity, loaded);
      return { state: loaded.state, version: loaded.version, messages };
    }
  }

  private entityOf<S>(call: string, aggregate: AggregateOf<S>, value: string | number): Entity<S> {
    const definition = definitionOf<S>(aggregate);
    const { name, apiName, parameter, events } = definition;
    const key = keyTextOf(value);
    if (key === undefined) {
      throw new InvalidOptionsError(
        `aggregates.${call}(${name}) was given the key ${inspect(value)}. Give the value of ${parameter}, a text or a ` +
          'finite number.',
      );
    }
    const target = this.stores.forApi(apiName);
    requireEntityStream(`The aggregate ${name}`, apiName, target);
    // So that events that are fired under its version are counted alike.
    this.registry.learnKeys(apiName, events.keys(), parameter);
    const keys = new Map(this.registry.keysOf(apiName));
    for (const eventName of events.keys()) keys.set(eventName, parameter);
    const stream = target.streamOf('*');
    return { definition, key, target, stream, keys, texts: this.textsOf(definition) };
  }

  private textsOf(definition: AggregateDefinition<unknown>): StateText {
    let texts = this.texts.get(definition);
    if (texts) return texts;
    const { name, apiName, type, events, snapshotEvery } = definition;
    const isTaken = [...this.texts.keys()].some((other) => {
      return other.snapshotEvery !== undefined && other.name === name && other.apiName === apiName;
    });
    if (snapshotEvery !== undefined && isTaken) {
      throw new AggregateDefinitionError(
        `Two aggregates of '${apiName}' are named ${name}, and both have snapshots, which are kept under that name. Rename one; defineAggregate takes a name.`,
      );
    }
    texts = new StateText(stateClasses([...(type ? [type] : []), ...events.values()]));
    this.texts.set(definition, texts);
    return texts;
  }
}

function requireFunction({ name }: AggregateDefinition<unknown>, decide: unknown): void {
  if (typeof decide === 'function') return;
  throw new InvalidOptionsError(
    `aggregates.change(${name}) was given a value of type ${typeof decide} to decide with. Give a function that is called with ` +
      'the state, and returns events: (order) => order.cancel().',
  );
}
