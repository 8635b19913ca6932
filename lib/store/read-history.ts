import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import type { EventStore, StoredEntry } from './event-store.js';
import { unlessAborted } from '../timing/unless-aborted.js';

// What is fetched at once bounds the memory of a reader, whatever the length of the streams.
/** The most entries that one read fetches. */
const PAGE = 100;
/** How many entries of all streams together may be at hand. */
const AT_HAND = 10_000;
/** About how many characters they may have. */
const LENGTH_AT_HAND = 2_000_000;

/** What to read of a stream. Ids are inclusive; `-` is the first entry, `+` the last. */
export interface HistoryRange {
  readonly start: string;
  readonly end: string;
  readonly reverse: boolean;
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
 * @throws the signal's reason when it is aborted; `TransportError` from the store.
 */
export function readHistory(
  store: EventStore,
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
export async function* mergeHistories(
  histories: readonly AsyncGenerator<HistoricEntry, void, void>[],
  reverse: boolean,
): AsyncGenerator<HistoricEntry, void, void> {
  const heads = new Heads(reverse ? -1 : 1);
  const first = await Promise.all(histories.map((history) => history.next()));
  first.forEach((result, i) => heads.add(result, i));
  for (;;) {
    const next = heads.take();
    if (!next) return;
    yield next.entry;
    heads.add(await histories[next.history]?.next(), next.history);
  }
}

interface Head {
  readonly entry: HistoricEntry;
  /** Index of the history that it is the next entry of. */
  readonly history: number;
}

/** The next entry of each history, the next of all at the end. */
class Heads {
  private readonly sorted: Head[] = [];

  constructor(private readonly direction: 1 | -1) {}

  add(result: IteratorResult<HistoricEntry, void> | undefined, history: number): void {
    if (!result || result.done) return;
    const head = { entry: result.value, history };
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.sorted[middle];
      if (other && this.isBefore(head, other)) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, head);
  }

  take(): Head | undefined {
    return this.sorted.pop();
  }

  private isBefore(a: Head, b: Head): boolean {
    const order = this.direction * compareEntryIds(a.entry.nativeId, b.entry.nativeId);
    return (order || a.history - b.history) < 0;
  }
}

async function* readStream(
  store: EventStore,
  stream: string,
  { start, end, reverse, signal, streamCount = 1 }: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  const most = Math.min(PAGE, Math.ceil(AT_HAND / streamCount));
  // How large its entries are the first ones tell.
  let count = Math.ceil(most / 10);
  let range = { start, end };
  for (;;) {
    signal?.throwIfAborted();
    const reading = store.range(stream, { ...range, count, reverse });
    const page = await unlessAborted(reading, signal);
    for (const { nativeId, fields } of page) {
      signal?.throwIfAborted();
      const content = deserialize(fields ?? [], stream, nativeId);
      yield { stream, nativeId, timestamp: entryTime(nativeId), content };
    }
    const last = page.at(-1);
    if (!last || page.length < count) return;
    const fitting = LENGTH_AT_HAND / streamCount / meanLength(page);
    count = Math.max(1, Math.min(most, Math.floor(fitting)));
    range = reverse ? { start, end: `(${last.nativeId}` } : { start: `(${last.nativeId}`, end };
  }
}

function meanLength(page: readonly StoredEntry[]): number {
  let length = 0;
  for (const { fields } of page) for (const text of fields ?? []) length += text.length;
  return length / page.length;
}
