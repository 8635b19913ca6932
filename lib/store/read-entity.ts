import { inContext } from '../redis/in-context.js';
import type { EntityRef, EventKeys } from './entities.js';
import type { RangeOptions } from './entries.js';
import type { EventStore } from './event-store.js';
import { HistoryGuard, requireStored, type GuardedStore } from './history-guard.js';
import { measureEntry, PAGE_LENGTH, readPages } from './pages.js';
import type { HistoryPages, HistoryRange, SourceEntry } from './read-history.js';

/** The most entries that one read fetches. */
const PAGE = 100;

/** An entry of an entity's history. */
export interface EntityEntry extends SourceEntry {
  /** The how many-th event of its entity it is, from 1. */
  readonly sequence: number;
}

/**
 * Reads the history of one entity, page by page: at the cost of its events, however long the stream is.
 *
 * @param keys which events of the stream are keyed by what, as far as this service knows.
 * @throws the signal's reason when it is aborted; `TransportError` from the store; HistoryGoneBackError where it
 *   does not hold any more what was read of it.
 */
export async function* readEntity(
  store: GuardedStore & Pick<EventStore, 'entityPlaces' | 'entriesAt'>,
  stream: string,
  keys: EventKeys,
  entity: EntityRef,
  range: HistoryRange,
): HistoryPages<EntityEntry> {
  const { signal } = range;
  const guard = new HistoryGuard(store, stream, range);
  const read = async (page: RangeOptions): Promise<EntityEntry[]> => {
    const places = await guard.read(page, (guarded) =>
      store.entityPlaces(stream, keys, entity, guarded, signal),
    );
    const entries = await store.entriesAt(
      stream,
      places.map(({ nativeId }) => nativeId),
    );
    const gone = entries.find(({ fields }) => !fields);
    if (gone) await requireStored(store, stream, gone.nativeId);
    return entries.map((entry, i) => ({ ...entry, stream, sequence: places[i]?.sequence ?? 0 }));
  };
  const told = (page: RangeOptions) =>
    inContext(`Reading '${stream}'`, store.description, read(page));
  const options = { ...range, first: PAGE / 10, most: PAGE, length: PAGE_LENGTH, ahead: true };
  for await (const page of readPages(told, options, measureEntry)) {
    // Those without were deleted since the index was asked.
    yield page.filter(({ fields }) => fields);
  }
}
