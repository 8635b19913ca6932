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
}

/**
 * Reads a range page by page, the next one when it is pulled. Pages adapt to the size of the entries:
 * what is in memory, and in an output buffer of Redis, is bounded.
 *
 * @param read one read of the store.
 * @param measure entry id and length of what was read.
 * @throws the signal's reason when it is aborted; what `read` throws.
 */
export async function* readPages<T>(
  read: (range: RangeOptions) => Promise<readonly T[]>,
  { start, end, reverse = false, first, most, length, signal }: PagesOptions,
  measure: (item: T) => { readonly id: string; readonly length: number },
): AsyncGenerator<readonly T[], void, void> {
  const range = { start, end };
  let count = Math.max(1, Math.min(first, most));
  for (;;) {
    signal?.throwIfAborted();
    if (range.start === `(${HIGHEST_ENTRY_ID}`) return;
    const page = await unlessAborted(read({ ...range, count, reverse }), signal);
    const measured = page.map(measure);
    const last = measured.at(-1);
    if (!last) return;
    yield page;
    if (page.length < count) return;
    range[reverse ? 'end' : 'start'] = `(${last.id}`;
    const total = measured.reduce((sum, item) => sum + item.length, 0);
    const fitting = Math.floor((length * page.length) / Math.max(1, total));
    count = Math.max(1, Math.min(most, count * GROWTH, fitting));
  }
}

/** {@link readPages}'s measure of an entry. */
export function measureEntry({ nativeId, fields }: StoredEntry): { id: string; length: number } {
  return { id: nativeId, length: lengthOf(fields ?? []) };
}

/** How many characters texts have together. */
export function lengthOf(texts: readonly string[]): number {
  return texts.reduce((length, text) => length + text.length, 0);
}
