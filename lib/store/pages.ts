import { HIGHEST_ENTRY_ID } from '../wire/entry-id.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import type { RangeOptions, StoredEntry } from './entries.js';

/** A page has at most so many times the entries of the one before, which told how large they are. */
const GROWTH = 10;

/**
 * About how many characters one page may have: below 1 MB, whatever they take as UTF-8. Redis closes
 * connections whose answers are larger than its `client-output-buffer-limit`.
 */
export const PAGE_LENGTH = 256_000;

/** What to read, and how much of it may be in memory at once. Ids as in {@link RangeOptions}. */
export interface PagesOptions extends Omit<RangeOptions, 'count'> {
  /** How many entries the first page has. */
  readonly first: number;
  /** How many entries a page has at most. */
  readonly most: number;
  /** About how many characters a page has at most, as the one before tells. */
  readonly length: number;
  readonly signal?: AbortSignal;
  /**
   * Whether the next page is fetched while one is used, from the second one on: who wants only the first few entries
   * pays for no more. @default false
   */
  readonly ahead?: boolean;
}

/**
 * Reads a range page by page, the next one when it is pulled, or before. Pages adapt to the size of the entries:
 * what is in memory, and in an output buffer of Redis, is bounded.
 *
 * @param read one read of the store.
 * @param measure entry id and length of what was read.
 * @throws the signal's reason when it is aborted; what `read` throws.
 */
export async function* readPages<T>(
  read: (range: RangeOptions) => Promise<readonly T[]>,
  { start, end, reverse = false, first, most, length, signal, ahead = false }: PagesOptions,
  measure: (item: T) => { readonly id: string; readonly length: number },
): AsyncGenerator<readonly T[], void, void> {
  const range = { start, end };
  let count = Math.max(1, Math.min(first, most));
  let fetched: Promise<readonly T[] | undefined> | undefined;
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    if (range.start === `(${HIGHEST_ENTRY_ID}`) return;
    const early = fetched && (await unlessAborted(fetched, signal));
    const page = early ?? (await unlessAborted(read({ ...range, count, reverse }), signal));
    const isFull = page.length === count;
    // The end of a stream that was fetched ahead need not be the end any more.
    let isEnd = !isFull && (reverse || !early);
    if (page.length > 0) {
      const { lastId, total } = measureAll(page, measure);
      isEnd ||= lastId === (reverse ? start : end);
      range[reverse ? 'end' : 'start'] = `(${lastId}`;
      const fitting = Math.floor((length * page.length) / Math.max(1, total));
      count = Math.max(1, Math.min(most, count * GROWTH, fitting));
      const isAhead = ahead && isFull && !isFirst && !isEnd;
      // What fails now may work by the time that the page is pulled: it is read again then.
      fetched = isAhead ? read({ ...range, count, reverse }).catch(() => undefined) : undefined;
      yield page;
    } else {
      fetched = undefined;
    }
    if (isEnd) return;
  }
}

function measureAll<T>(
  page: readonly T[],
  measure: (item: T) => { readonly id: string; readonly length: number },
): { readonly lastId: string; readonly total: number } {
  let [lastId, total] = ['', 0];
  for (const item of page) {
    const { id, length } = measure(item);
    lastId = id;
    total += length;
  }
  return { lastId, total };
}

/** {@link readPages}'s measure of an entry. */
export function measureEntry({ nativeId, fields }: StoredEntry): { id: string; length: number } {
  return { id: nativeId, length: lengthOf(fields ?? []) };
}

/** How many characters texts have together. */
export function lengthOf(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
