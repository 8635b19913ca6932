import { inContext } from '../redis/in-context.js';
import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import type { RangeOptions, StoredEntry } from './entries.js';
import { HistoryGuard, type GuardedStore } from './history-guard.js';
import { mergeInOrder } from './merge.js';
import { measureEntry, PAGE_LENGTH, readPages } from './pages.js';

// What is fetched at once bounds the memory of a reader, whatever the length of the streams: a page that is used,
// and the next one.
/** How many entries the first read of a stream fetches. */
const FIRST = 10;
/** The most entries that one read fetches. */
const PAGE = 500;
/** How many entries of all streams together one read of each may fetch. */
const PAGES = 5_000;
/** About how many characters they may have. */
const PAGES_LENGTH = 1_000_000;

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

/** An entry of a stream's history, as it is stored. */
export interface SourceEntry extends StoredEntry {
  readonly stream: string;
  /** The how many-th event of its entity it is, where it was read as one. */
  readonly sequence?: number;
}

/** Pages of a history: what comes next, in order. Pulling one is what reads: it, and the next one ahead. */
export type HistoryPages<T extends SourceEntry = SourceEntry> = AsyncGenerator<
  readonly T[],
  void,
  void
>;

/** An entry of a stream's history, deserialised. */
export interface HistoricEntry {
  readonly stream: string;
  readonly nativeId: string;
  readonly timestamp: Date;
  readonly content: DecodedEntry;
}

/** Deserialises an entry: when its turn has come, not before. */
export function deserializeEntry({ stream, nativeId, fields }: SourceEntry): HistoricEntry {
  const content = deserialize(fields ?? [], stream, nativeId);
  return { stream, nativeId, timestamp: entryTime(nativeId), content };
}

/**
 * Merges histories, each in the order of its entry ids, into one. Ids of several Redis servers are
 * comparable as far as their clocks agree.
 */
export function mergeHistories(histories: readonly HistoryPages[], reverse: boolean): HistoryPages {
  const direction = reverse ? -1 : 1;
  return mergeInOrder(histories, (a, b) => direction * compareEntryIds(a.nativeId, b.nativeId));
}

/**
 * Reads the history of a stream, in the order of the entry ids. Fetches page by page, as fast as the entries are
 * consumed.
 *
 * @throws the signal's reason when it is aborted; `TransportError` from the store; HistoryGoneBackError where it
 *   does not hold any more what was read of it.
 */
export async function* readStream(
  store: GuardedStore,
  stream: string,
  range: HistoryRange,
): HistoryPages {
  const { streamCount = 1 } = range;
  const guard = new HistoryGuard(store, stream, range);
  const most = Math.min(PAGE, Math.ceil(PAGES / streamCount));
  // How large its entries are the first ones tell.
  const first = Math.min(FIRST, Math.ceil(most / 10));
  const length = Math.min(PAGE_LENGTH, PAGES_LENGTH / streamCount);
  const read = (page: RangeOptions) =>
    inContext(
      `Reading '${stream}'`,
      store.description,
      guard.read(page, (guarded) => store.range(stream, guarded)),
    );
  for await (const page of readPages(
    read,
    { ...range, first, most, length, ahead: true },
    measureEntry,
  )) {
    yield page.map(({ nativeId, fields }) => ({ stream, nativeId, fields }));
  }
}
