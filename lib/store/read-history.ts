import { inContext } from '../redis/in-context.js';
import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import type { RangeOptions } from './entries.js';
import { HistoryGuard, type GuardedStore } from './history-guard.js';
import { mergeInOrder } from './merge.js';
import { measureEntry, PAGE_LENGTH, readPages } from './pages.js';

// What is fetched at once bounds the memory of a reader, whatever the length of the streams.
/** The most entries that one read fetches. */
const PAGE = 100;
/** How many entries of all streams together may be at hand. */
const AT_HAND = 10_000;
/** About how many characters they may have. */
const LENGTH_AT_HAND = 2_000_000;

/** What to read of a stream. Ids are inclusive, `(id` excludes; `-` is the first entry, `+` the last. */
export interface HistoryRange {
  readonly start: string;
  readonly end: string;
  readonly reverse: boolean;
  /** Whether the range begins after (`(id`) what was read of the stream before. @default false */
  readonly isReadOn?: boolean;
  readonly signal?: AbortSignal;
  /** How many streams are read side by side: the more, the less of each is fetched at once. */
  readonly streamCount?: number;
}

/** An entry of a stream's history, deserialised. */
export interface HistoricEntry {
  readonly stream: string;
  readonly nativeId: string;
  readonly timestamp: Date;
  readonly content: DecodedEntry;
}

/**
 * Reads the history of streams as one, in the order of the entry ids. Fetches page by page, as fast
 * as the entries are consumed.
 *
 * @throws the signal's reason when it is aborted; `TransportError` from the store; HistoryGoneBackError where it
 *   does not hold any more what was read of it.
 */
export function readHistory(
  store: GuardedStore,
  streams: readonly string[],
  range: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  const shared = { streamCount: streams.length, ...range };
  const histories = streams.map((stream) => readStream(store, stream, shared));
  return mergeHistories(histories, range.reverse);
}

/**
 * Merges histories, each in the order of its entry ids, into one. Ids of several Redis servers are
 * comparable as far as their clocks agree.
 */
export function mergeHistories<T extends Pick<HistoricEntry, 'nativeId'>>(
  histories: readonly AsyncGenerator<T, void, void>[],
  reverse: boolean,
): AsyncGenerator<T, void, void> {
  const direction = reverse ? -1 : 1;
  return mergeInOrder(histories, (a, b) => direction * compareEntryIds(a.nativeId, b.nativeId));
}

/** As {@link readHistory}, of one stream. */
export async function* readStream(
  store: GuardedStore,
  stream: string,
  range: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  const { streamCount = 1, signal } = range;
  const guard = new HistoryGuard(store, stream, range);
  const most = Math.min(PAGE, Math.ceil(AT_HAND / streamCount));
  // How large its entries are the first ones tell.
  const first = Math.ceil(most / 10);
  const length = Math.min(PAGE_LENGTH, LENGTH_AT_HAND / streamCount);
  const read = (page: RangeOptions) =>
    inContext(
      `Reading '${stream}'`,
      store.description,
      guard.read(page, (guarded) => store.range(stream, guarded)),
    );
  for await (const page of readPages(read, { ...range, first, most, length }, measureEntry)) {
    for (const { nativeId, fields } of page) {
      signal?.throwIfAborted();
      const content = deserialize(fields ?? [], stream, nativeId);
      yield { stream, nativeId, timestamp: entryTime(nativeId), content };
    }
  }
}
