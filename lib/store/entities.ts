import type { RangeOptions, StoredEntry } from './entries.js';

/** Which events of a stream are about an entity: names of events, each with the parameter that is its key. */
export type EventKeys = ReadonlyMap<string, string>;

/** One entity of a stream. */
export interface EntityRef {
  /** The parameter that says which entity an event is about: its name on the wire. */
  readonly parameter: string;
  /** The text of its value, as `keyTextOf` makes it. */
  readonly key: string;
}

/** Where an event of an entity is. */
export interface EntityPlace {
  readonly nativeId: string;
  /** The how many-th event of its entity it is, from 1. */
  readonly sequence: number;
}

/** What must be true of an entity for events of it to be stored. */
export interface Expectation {
  readonly keys: EventKeys;
  readonly entity: EntityRef;
  /** How many events of it must be stored; `'any'`: however many. */
  readonly version: number | 'any';
  /** Entry id of the last of these, beside a number; not heeded where it is left out. */
  readonly last?: string | undefined;
}

/**
 * The part of the interface about entities: which events of a stream are about one. An index beside the
 * stream knows it. It knows up to which entry it is complete, and whoever finds it behind brings it up to
 * date first; so it may be deleted at any time. Entries of another API than the stream's belong to none.
 */
export interface Entities {
  /**
   * Which events are keyed by what, as all services together have told the index.
   *
   * @param ours what this service knows; told to the index, which is built anew where it has seen such events
   *   without knowing it.
   */
  eventKeys(stream: string, ours: EventKeys): Promise<EventKeys>;

  /**
   * A page of the events of an entity, with all that was stored before the call.
   *
   * @param signal ends a long building of the index.
   */
  entityPlaces(
    stream: string,
    ours: EventKeys,
    entity: EntityRef,
    range: RangeOptions,
    signal?: AbortSignal,
  ): Promise<readonly EntityPlace[]>;

  /**
   * How many entries of the stream the index has yet to take in: all of them where there is none, or
   * where it has to be begun anew. Takes nothing in.
   */
  entitiesBehind(stream: string): Promise<number>;

  /** Entries by their ids, in this order; `fields` are `null` where one is gone. */
  entriesAt(stream: string, nativeIds: readonly string[]): Promise<StoredEntry[]>;
}

/**
 * `Entities.entitiesBehind`, of an index that has taken in so many entries.
 *
 * @param length how many the stream has.
 */
export function leftToTakeIn(length: number, count: number): number {
  // Some that were taken in are gone: it is begun anew.
  return count > length ? length : length - count;
}
