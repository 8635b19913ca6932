import type { RedisClient } from '../../redis/redis-connection.js';

/** How many entries one command fetches, and how many are counted at most. */
const PAGE = 100;
const LIMIT = 1_000;

/** About how many characters may be fetched for a count. */
const LENGTH = 1_000_000;

/**
 * How many entries of a stream follow an id, up to `last`; `null` where there are more than it is worth to count: Redis
 * can't tell without fetching them.
 */
export async function countAfter(
  client: RedisClient,
  stream: string,
  id: string,
  last = '+',
): Promise<number | null> {
  let [count, length] = [0, 0];
  for (let start = `(${id}`; count < LIMIT && length < LENGTH;) {
    const page = await client.xrange(stream, start, last, 'COUNT', PAGE);
    const newest = page.at(-1);
    count += page.length;
    if (!newest || page.length < PAGE) return count;
    start = `(${newest[0]}`;
    for (const [, fields] of page) for (const text of fields) length += text.length;
  }
  return null;
}
