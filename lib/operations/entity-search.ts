import { inContext } from '../redis/in-context.js';
import type { EventKeys } from '../store/entities.js';
import type { EventStore } from '../store/event-store.js';
import type { HistorySource } from '../store/history-source.js';

/** An index that has at most so many entries to take in is used: more would keep Redis busy, and may need much memory. */
const MOST_BEHIND = 10_000;

/** How the events of an entity are found. */
export interface EntitySearch {
  /** Where to read. */
  readonly sources: readonly HistorySource[];
  /** Whether these have no other events: an index tells. Otherwise each is to be looked at. */
  readonly isIndexed: boolean;
  /** Of which stream which events have which parameter as their key, as far as services have told it. */
  readonly keys: ReadonlyMap<string, EventKeys>;
}

/**
 * Which events of streams have a key, and which parameter it is. Nothing is written for it.
 *
 * @param streams a few.
 * @throws TransportError
 */
export async function readKeys(
  streams: readonly HistorySource[],
): Promise<ReadonlyMap<string, EventKeys>> {
  const known = await Promise.all(
    streams.map(async ({ store, stream }) => {
      const keys = await told(store, stream, store.eventKeys(stream, new Map()));
      return [stream, keys] as const;
    }),
  );
  return new Map(known);
}

/**
 * How to find the events of one entity: by the index of the stream where there is one that is nearly up to date, else by
 * looking at each entry. An index is not begun for it, and not brought up to date from afar: that takes Redis's time and
 * memory, and who only looks should cost none.
 *
 * @param key text of the key.
 * @throws TransportError
 */
export async function searchEntity(
  streams: readonly HistorySource[],
  key: string,
): Promise<EntitySearch> {
  const keys = await readKeys(streams);
  const indexed = await Promise.all(
    streams.map((source) => indexedSources(source, keys.get(source.stream) ?? new Map(), key)),
  );
  const isIndexed = indexed.every((sources) => sources !== null);
  return isIndexed
    ? { sources: indexed.flatMap((sources) => sources ?? []), isIndexed, keys }
    : { sources: streams, isIndexed, keys };
}

/** `null` where no index can be used. */
async function indexedSources(
  { store, stream }: HistorySource,
  keys: EventKeys,
  key: string,
): Promise<HistorySource[] | null> {
  if (keys.size === 0) return null;
  const behind = await told(store, stream, store.entitiesBehind(stream));
  if (behind > MOST_BEHIND) return null;
  const parameters = [...new Set(keys.values())];
  return parameters.map((parameter) => {
    return { store, stream, only: { keys, entity: { parameter, key } } };
  });
}

function told<T>(store: EventStore, stream: string, asking: Promise<T>): Promise<T> {
  return inContext(`Looking at '${stream}'`, store.description, asking);
}
