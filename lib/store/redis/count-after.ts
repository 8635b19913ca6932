import type { RangeOptions, StoredEntry } from '../entries.js';

import { measureEntry, PAGE_LENGTH, readPages } from '../pages.js';

/** How many entries are counted at most. */
const LIMIT = 1_000;

/** About how many characters may be fetched for a count. */
const LENGTH = 1_000_000;

/**
 * How many entries of a stream follow an id, up to `last`; `null` where there are more than it is worth
 * to count: Redis can't tell without fetching them.
 *
 * @param read one read of the stream.
 */
export async function countAfter(
  read: (range: RangeOptions) => Promise<readonly StoredEntry[]>,
  id: string,
  last: string,
): Promise<number | null> {
  const pages = { start: `(${id}`, end: last, first: 5, most: 100, length: PAGE_LENGTH };
  let [count, length] = [0, 0];
  for await (const page of readPages(read, pages, measureEntry)) {
    count += page.length;
    for (const entry of page) length += measureEntry(entry).length;
    if (count >= LIMIT || length >= LENGTH) return null;
  }
  return count;
}
