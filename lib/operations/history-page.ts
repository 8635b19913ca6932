import { InvalidOptionsError } from '../errors.js';
import { readSource, type HistorySource } from '../store/history-source.js';
import { measureEntry } from '../store/pages.js';
import { mergeHistories, type SourceEntry } from '../store/read-history.js';
import { clock } from '../timing/clock.js';
import { canonicalEntryId } from '../wire/entry-id.js';

/** What one page may cost, whatever is asked for. */
export interface PageBounds {
  /** How many entries may be looked at. */
  readonly entries: number;
  /** About how many characters these may have. */
  readonly length: number;
  /** How long looking may take, ms; a page of a few entries may take longer. */
  readonly ms: number;
}

export const PAGE_BOUNDS: PageBounds = { entries: 5_000, length: 10_000_000, ms: 3_000 };

/** What to read. */
export interface PageQuery<T> {
  readonly sources: readonly HistorySource[];
  /** First and last id, inclusive; `-` and `+` for the ends. */
  readonly start: string;
  readonly end: string;
  /** Newest first. */
  readonly reverse: boolean;
  /** {@link HistoryPage.next} of the page before. @default the first page */
  readonly cursor?: string | undefined;
  /** How many a page has at most. */
  readonly limit: number;
  /** What becomes of an entry; `undefined` where it isn't asked for. */
  readonly take: (entry: SourceEntry) => T | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default {@link PAGE_BOUNDS} */
  readonly bounds?: PageBounds;
}

/** Some of a history. */
export interface HistoryPage<T> {
  readonly items: readonly T[];
  /** How many entries were looked at for these. */
  readonly looked: number;
  /** Where to go on; `null` where this is the end. */
  readonly next: string | null;
}

/**
 * Looks for entries in the history of some streams until there are enough, or the bounds are reached: then it says
 * where to go on.
 *
 * @throws InvalidOptionsError for a cursor that is none; TransportError; the signal's reason.
 */
export async function readHistoryPage<T>(query: PageQuery<T>): Promise<HistoryPage<T>> {
  const { limit, take, bounds = PAGE_BOUNDS } = query;
  const items: T[] = [];
  const since = clock.now();
  let [looked, length] = [0, 0];
  let last: SourceEntry | undefined;
  for await (const page of readFrom(query)) {
    for (const entry of page) {
      const isEnough =
        items.length >= limit ||
        looked >= bounds.entries ||
        length >= bounds.length ||
        clock.now() - since > bounds.ms;
      if (isEnough && last) return { items, looked, next: cursorOf(last) };
      last = entry;
      looked++;
      length += measureEntry(entry).length;
      const item = take(entry);
      if (item !== undefined) items.push(item);
    }
  }
  return { items, looked, next: null };
}

/**
 * A page that does not tell how much was looked at for it. Of an index, that is how many events an entity has, also
 * where none of them may be shown.
 */
export function untold<T>({ items, next }: HistoryPage<T>): HistoryPage<T> {
  return { items, looked: items.length, next: items.length > 0 ? next : null };
}

function readFrom<T>({ sources, start, end, reverse, cursor, signal }: PageQuery<T>) {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const sorted = [...sources].sort((a, b) => (a.stream < b.stream ? -1 : 1));
  const histories = sorted.map((source) => {
    const bound = after && boundAfter(after, source.stream);
    const range = reverse ? { start, end: bound ?? end } : { start: bound ?? start, end };
    const streamCount = sources.length;
    return readSource(source, { ...range, reverse, streamCount, ...(signal && { signal }) });
  });
  return mergeHistories(histories, reverse);
}

interface Position {
  readonly nativeId: string;
  readonly stream: string;
}

function cursorOf({ nativeId, stream }: Position): string {
  return `${nativeId} ${stream}`;
}

function parseCursor(text: string): Position {
  const space = text.indexOf(' ');
  const nativeId = canonicalEntryId(text.slice(0, Math.max(0, space)));
  if (nativeId !== null) return { nativeId, stream: text.slice(space + 1) };
  throw new InvalidOptionsError(
    'This is no place in the history where it could go on. Start again from the first page.',
  );
}

/** Entries of one id are in the order of their streams' names, whichever way they are read. */
function boundAfter({ nativeId, stream }: Position, other: string): string {
  return other <= stream ? `(${nativeId}` : nativeId;
}
