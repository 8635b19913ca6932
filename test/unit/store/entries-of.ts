import type { EventStore } from '../../../lib/store/event-store.js';
import {
  deserializeEntry,
  mergeHistories,
  readStream,
  type HistoricEntry,
  type HistoryPages,
  type HistoryRange,
} from '../../../lib/store/read-history.js';

/** The entries of pages, one by one, deserialised. */
export async function* entriesOf(pages: HistoryPages): AsyncGenerator<HistoricEntry, void, void> {
  for await (const page of pages) for (const entry of page) yield deserializeEntry(entry);
}

/** The history of streams as one. */
export function readHistory(
  store: EventStore,
  streams: readonly string[],
  range: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  const shared = { streamCount: streams.length, ...range };
  const histories = streams.map((stream) => readStream(store, stream, shared));
  return entriesOf(mergeHistories(histories, range.reverse));
}
