import type { RedisClient } from '../../redis/redis-connection.js';
import type { FlatFields } from '../entries.js';
import { lengthOf, PAGE_LENGTH } from '../pages.js';

/** How many entries are asked for in one round trip, at most. */
const MAX_BATCH = 100;

/**
 * Reads entries, each by its id: what lies between them costs nothing. One round trip has so many that they fit
 * an output buffer of Redis.
 *
 * @param expected how many characters each of them has, about; where that isn't known, those that were read tell
 *   it of the next.
 * @returns the fields of each, in this order; `null` where it is gone.
 */
export async function readById(
  run: <T>(command: (client: RedisClient) => Promise<T>) => Promise<T>,
  stream: string,
  nativeIds: readonly string[],
  expected?: readonly number[],
): Promise<(FlatFields | null)[]> {
  const read: (FlatFields | null)[] = [];
  let length = 0;
  while (read.length < nativeIds.length) {
    const from = read.length;
    // The first few may be large.
    const average = from > 0 ? length / from : PAGE_LENGTH / 10;
    let to = from;
    for (let sum = 0; to < nativeIds.length && to - from < MAX_BATCH; to++) {
      sum += expected?.[to] ?? average;
      if (sum > PAGE_LENGTH && to > from) break;
    }
    const batch = nativeIds.slice(from, to);
    const replies = await run((client) =>
      Promise.all(batch.map((nativeId) => client.xrange(stream, nativeId, nativeId))),
    );
    for (const reply of replies) {
      const fields = reply[0]?.[1] ?? null;
      read.push(fields);
      length += lengthOf(fields ?? []);
    }
  }
  return read;
}
