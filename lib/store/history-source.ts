import type { EntityRef, EventKeys } from './entities.js';
import type { EventStore } from './event-store.js';
import { readEntity } from './read-entity.js';
import { readStream, type HistoryPages, type HistoryRange } from './read-history.js';

/** One entity, and which events are about it. */
export interface EntityQuery {
  /** See {@link readEntity}. */
  readonly keys: EventKeys;
  readonly entity: EntityRef;
}

/** A stream whose history is read. */
export interface HistorySource {
  readonly store: EventStore;
  readonly stream: string;
  /** Only the events of this entity. */
  readonly only?: EntityQuery;
}

/** Reads the history of a source. @throws as {@link readStream} */
export function readSource(
  { store, stream, only }: HistorySource,
  range: HistoryRange,
): HistoryPages {
  return only
    ? readEntity(store, stream, only.keys, only.entity, range)
    : readStream(store, stream, range);
}
