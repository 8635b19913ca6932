import { CommandRefusedError } from '../redis/redis-connection.js';
import type { StoredEntry } from '../store/entries.js';
import type { RangeOptions } from '../store/event-store.js';
import { measureEntry, PAGE_LENGTH, readPages } from '../store/pages.js';
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
 * How many entries follow the positions of a stream's groups. Redis's own `lag` is not asked: it is
 * wrong after a restart of Redis 7.0, and unknown for a group that was made within a stream. Where it
 * takes reading, one pass from the end of the stream serves all groups.
 *
 * @param range reads the stream.
 * @param positions last delivered ids.
 * @returns by position; `null` where it takes reading, and reading is refused.
 * @throws TransportError where the stream can't be read for another reason.
 */
export async function countUndelivered(
  range: (options: RangeOptions) => Promise<readonly StoredEntry[]>,
  extent: StreamExtent,
  positions: readonly string[],
): Promise<ReadonlyMap<string, Undelivered | null>> {
  const counts = new Map<string, Undelivered | null>();
  const within: string[] = [];
  for (const position of new Set(positions)) {
    const known = countUnread(extent, position);
    if (known === null) within.push(position);
    else counts.set(position, { count: known, isAtLeast: false });
  }
  within.sort((a, b) => compareEntryIds(b, a));
  try {
    for (const [position, count] of await countFromEnd(range, within)) counts.set(position, count);
  } catch (error) {
    if (!(error instanceof CommandRefusedError)) throw error;
    for (const position of within) counts.set(position, null);
  }
  return counts;
}

/** Where nothing follows, or everything does; `null` for a position within the stream. */
function countUnread({ length, firstId, lastGeneratedId }: StreamExtent, position: string) {
  if (firstId === null || compareEntryIds(position, lastGeneratedId) >= 0) return 0;
  return compareEntryIds(firstId, position) > 0 ? length : null;
}

/** @param positions newest first. */
async function countFromEnd(
  range: (options: RangeOptions) => Promise<readonly StoredEntry[]>,
  positions: readonly string[],
): Promise<Map<string, Undelivered>> {
  const counts = new Map<string, Undelivered>();
  const oldest = positions.at(-1);
  if (oldest === undefined) return counts;
  let [settled, count, length] = [0, 0, 0];
  const settle = (isAtLeast: boolean, isDone: (position: string) => boolean) => {
    for (; settled < positions.length && isDone(positions[settled] ?? ''); settled++) {
      counts.set(positions[settled] ?? '', { count, isAtLeast });
    }
  };
  const bounds = { first: FIRST_PAGE, most: PAGE, length: PAGE_LENGTH };
  const options = { start: `(${oldest}`, end: '+', reverse: true, ...bounds };
  for await (const page of readPages(range, options, measureEntry)) {
    for (const entry of page) {
      settle(false, (position) => compareEntryIds(position, entry.nativeId) >= 0);
      if (count === LIMIT || length >= LENGTH) {
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
