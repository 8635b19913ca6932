import { storedFieldsOf } from '../bus/decided-on.js';
import { DisconnectedError, HistoryGoneBackError, TransportError } from '../errors.js';
import { isDescribed } from '../event/event.decorator.js';
import { canonicalName } from '../event/event-name.js';
import { reasonOf } from '../event/reason.js';
import type { EventMessage } from '../event/event-message.js';
import type { LightbusLogger } from '../logger.js';
import type { EventKeys } from '../store/entities.js';
import { readEntity } from '../store/read-entity.js';
import type { ApiStore } from '../store/stores.js';
import { inBackground } from '../timing/background.js';
import type { AggregateDefinition } from './aggregate-definition.js';
import { EntityState, type KeptState, type StateNews } from './entity-state.js';
import { readSnapshot, writeSnapshot } from './state-snapshots.js';
import type { StateText } from './state-text.js';

/** An entity, as what it is to be loaded, and from where. */
export interface Entity<S> {
  readonly definition: AggregateDefinition<S>;
  /** Text of its key. */
  readonly key: string;
  readonly target: ApiStore;
  readonly stream: string;
  /** Which events of the stream are keyed by what. */
  readonly keys: EventKeys;
  readonly texts: StateText;
}

/** How often a state is begun anew in one call, at most, as events are deleted meanwhile. */
const MOST_BEGUN = 5;

/** Makes states of stored events, and keeps snapshots of them. */
export class EntityLoader {
  /** What was warned of, once. */
  private readonly told = new Set<string>();

  constructor(private readonly logger: LightbusLogger) {}

  /** @param willBeCopied whether the state will be given to those who may change it. */
  async load<S>(entity: Entity<S>, willBeCopied: boolean): Promise<EntityState<S>> {
    const kept = await this.snapshotOf(entity);
    const begun = this.begin(entity, willBeCopied, kept);
    if (await this.goOn(entity, begun)) return begun;
    return this.loadAll(entity, willBeCopied);
  }

  /** Adds what was stored since; makes the state anew where what it was made of is not there any more. */
  async loadMore<S>(entity: Entity<S>, loaded: EntityState<S>): Promise<EntityState<S>> {
    return (await this.goOn(entity, loaded)) ? loaded : this.loadAll(entity, true);
  }

  /**
   * Adds what was fired for it, as it is stored: what was given may differ, by properties that are not sent, or as an
   * earlier try has stored it. Reads nothing: that could fail, and the events are stored.
   */
  addStored<S>(
    { stream }: Entity<S>,
    loaded: EntityState<S>,
    messages: readonly EventMessage<object>[],
  ): void {
    for (const message of messages) {
      const fields = storedFieldsOf(message);
      // Deleted since: it is no event of the entity any more.
      if (!fields) continue;
      const { nativeId, sequence = loaded.version + 1 } = message;
      loaded.add({ stream, nativeId, fields, sequence });
    }
  }

  /** Keeps a snapshot, in the background, where one is due. */
  keep<S>(entity: Entity<S>, loaded: EntityState<S>): void {
    const { definition, target, stream, key } = entity;
    const { version, nativeId, keptVersion } = loaded;
    const { snapshotEvery, name } = definition;
    if (snapshotEvery === undefined || version - keptVersion < snapshotEvery) return;
    // Now: whoever is given the state may change it.
    const carried = loaded.carry();
    if ('fault' in carried) {
      this.warnOnce(
        `${name} can't be kept`,
        `No snapshots are kept of ${name}, which are asked for: ${carried.fault}. Its state is made of all events each ` +
          'time. (Plain values, dates, maps, sets, bigints and instances of what events hold can be kept.)',
      );
      return;
    }
    const snapshot = { version, nativeId, state: carried.text };
    inBackground(
      () => writeSnapshot(definition, snapshot, { store: target.store, stream, key }),
      (error) => {
        // Its loss is told where the connection is.
        if (error instanceof DisconnectedError) return;
        this.warnOnce(
          `${name} can't be written`,
          `A snapshot of ${name} was not kept, and its state is made of more events: ${reasonOf(error)}.`,
        );
      },
    );
  }

  private async loadAll<S>(entity: Entity<S>, willBeCopied: boolean): Promise<EntityState<S>> {
    for (let tries = 0; tries < MOST_BEGUN; tries++) {
      const begun = this.begin(entity, willBeCopied);
      if (await this.goOn(entity, begun)) return begun;
    }
    throw new TransportError(
      `${entity.definition.name} '${entity.key}' can't be loaded: events on '${entity.stream}' are deleted again and ` +
        'again while it is. Keep the entries of a stream whose entities are loaded, or try again later.',
    );
  }

  private begin<S>(
    { definition, texts }: Entity<S>,
    willBeCopied: boolean,
    kept?: KeptState,
  ): EntityState<S> {
    const { name, apiName } = definition;
    const news: StateNews = {
      warn: (text) => this.logger.warn(text),
      skipped: (eventName) => {
        const event = canonicalName({ apiName, eventName });
        // What a class describes is left out on purpose.
        if (isDescribed(event)) return;
        this.warnOnce(
          `${name} ${event}`,
          `The state of ${name} is made without the events '${event}' of its entities: no class of this service ` +
            'describes them. If the event was renamed, or its class removed, keep the class of the old name among the ' +
            'events of the aggregate: what is stored keeps its name. If it is another service that fires it, a class ' +
            'with that @Event says that it is left out on purpose.',
        );
      },
    };
    return new EntityState(definition, texts, news, kept, willBeCopied);
  }

  /**
   * @returns false where the last event that the state was made of is not where it was, or those that follow do not
   *   follow on it: events have been deleted, or Redis has gone back to an older state. The state is of no use then.
   */
  private async goOn<S>(
    { definition: { parameter }, key, target, stream, keys }: Entity<S>,
    state: EntityState<S>,
  ): Promise<boolean> {
    const range = { start: state.nativeId ?? '-', end: '+', reverse: false };
    let isKnown = state.nativeId === undefined;
    try {
      for await (const page of readEntity(target.store, stream, keys, { parameter, key }, range)) {
        for (const entry of page) {
          const isNext = isKnown ? entry.sequence === state.version + 1 : state.endsWith(entry);
          if (!isNext) return false;
          if (isKnown) state.add(entry);
          isKnown = true;
        }
      }
    } catch (error) {
      if (error instanceof HistoryGoneBackError) return false;
      throw error;
    }
    return isKnown;
  }

  private async snapshotOf<S>({
    definition,
    texts,
    target: { store },
    stream,
    key,
  }: Entity<S>): Promise<KeptState | undefined> {
    if (definition.snapshotEvery === undefined) return undefined;
    try {
      return await readSnapshot(definition, texts, { store, stream, key });
    } catch (error) {
      this.warnOnce(
        `${definition.name} can't be read`,
        `A snapshot of ${definition.name} can't be read, and its state is made of all events: ${reasonOf(error)}.`,
      );
      return undefined;
    }
  }

  private warnOnce(what: string, text: string): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    this.logger.warn(text);
  }
}
