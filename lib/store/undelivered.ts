import { CommandRefusedError } from '../redis/connection-errors.js';
import type { RangeOptions, StoredEntry } from './entries.js';
import { measureEntry, PAGE_LENGTH, readPages } from './pages.js';
import { compareEntryIds } from '../wire/entry-id.js';

/** Entries are counted up to here. */
const LIMIT = 10_000;

/** They are fetched for it: about so many characters at most, in pages of so many. */
const LENGTH = 20_000_000;

/** How many entries the first page has, and any page at most. */
const FIRST_PAGE = 10;
const PAGE = 1_000;

/** Entries of a stream that a group has handed to nobody yet. */
export interface Undelivered {
  readonly count: number;
  /** Whether there are more than were counted. */
  readonly isAtLeast: boolean;
}

/** What is known of a stream without reading it. */
export interface StreamExtent {
  readonly length: number;
  /** Entry id of the first one; `null` where it is empty. */
  readonly firstId: string | null;
  /** The highest id that the stream has ever held. */
  readonly lastGeneratedId: string;
}

/**
 * How many entries follow what a stream's groups were delivered last. Redis's own `lag` is not asked: it is
 * wrong after a restart of Redis 7.0, and unknown for a group that was made within a stream. Where it
 * takes reading, one pass from the end of the stream serves all groups.
 *
 * @param range reads the stream.
 * @param deliveredIds of each group the last delivered id.
 * @param limit up to where they are counted, where it takes reading; 0: nothing is read.
 * @returns by that id; `null` where it takes reading, and reading is refused.
 * @throws TransportError where the stream can't be read for another reason.
 */
export async function countUndelivered(
  range: (options: RangeOptions) => Promise<readonly StoredEntry[]>,
  extent: StreamExtent,
  deliveredIds: readonly string[],
  limit = LIMIT,
): Promise<ReadonlyMap<string, Undelivered | null>> {
  const counts = new Map<string, Undelivered | null>();
  const within: string[] = [];
  for (const deliveredId of new Set(deliveredIds)) {
    const known = countUnread(extent, deliveredId);
    if (known === null) within.push(deliveredId);
    else counts.set(deliveredId, { count: known, isAtLeast: false });
  }
  within.sort((a, b) => compareEntryIds(b, a));
  try {
    for (const [deliveredId, count] of await countFromEnd(range, within, limit))
      counts.set(deliveredId, count);
  } catch (error) {
    if (!(error instanceof CommandRefusedError)) throw error;
    for (const deliveredId of within) counts.set(deliveredId, null);
  }
  return counts;
}

/** Where nothing follows, or everything does; `null` for an id within the stream. */
function countUnread({ length, firstId, lastGeneratedId }: StreamExtent, deliveredId: string) {
  if (firstId === null || compareEntryIds(deliveredId, lastGeneratedId) >= 0) return 0;
  return compareEntryIds(firstId, deliveredId) > 0 ? length : null;
}

/** @param deliveredIds newest first. */
async function countFromEnd(
  range: (options: RangeOptions) => Promise<readonly StoredEntry[]>,
  deliveredIds: readonly string[],
  limit: number,
): Promise<Map<string, Undelivered>> {
  const counts = new Map<string, Undelivered>();
  const oldest = deliveredIds.at(-1);
  if (oldest === undefined) return counts;
  let [settled, count, length] = [0, 0, 0];
  const settle = (isAtLeast: boolean, isDone: (deliveredId: string) => boolean) => {
    for (; settled < deliveredIds.length && isDone(deliveredIds[settled] ?? ''); settled++) {
      counts.set(deliveredIds[settled] ?? '', { count, isAtLeast });
    }
  };
  if (limit <= 0) {
    settle(true, () => true);
    return counts;
  }
  const bounds = { first: FIRST_PAGE, most: PAGE, length: PAGE_LENGTH };
  const options = { start: `(${oldest}`, end: '+', reverse: true, ...bounds };
  for await (const page of readPages(range, options, measureEntry)) {
    for (const entry of page) {
      settle(false, (deliveredId) => compareEntryIds(deliveredId, entry.nativeId) >= 0);
      if (count >= limit || length >= LENGTH) {
        settle(true, () => true);
        return counts;
      }
      count++;
      length += measureEntry(entry).length;
    }
  }
  settle(false, () => true);
  return counts;
}
