import type { RedisConnection } from '../../redis/redis-connection.js';
import { clock } from '../../timing/clock.js';
import { within } from '../../timing/within.js';
import type { FlatFields } from '../entries.js';
import type { OncePlace } from '../event-store.js';
import { foundUnder } from '../once.js';
import { lengthOf, PAGE_LENGTH } from '../pages.js';
import type { FoundOrStored } from './append-once.js';

/** How many entries are asked for in one round trip, at most. */
const MAX_BATCH = 100;

/** An entry that was there before, and the one that was to be stored. */
interface Sought {
  readonly index: number;
  readonly nativeId: string;
  readonly given: FlatFields;
}

/**
 * Reads the entries that were there before, each by its id: what is stored now costs nothing. The answers
 * of one round trip are about as long as the entries that were to be stored, which tell how large they are,
 * so that they fit an output buffer of Redis.
 *
 * @param timeoutMs for all of them.
 * @throws `TransportError`; `TimeoutError` after `timeoutMs`.
 */
export async function readFound(
  connection: Pick<RedisConnection, 'run'>,
  stream: string,
  places: readonly FoundOrStored[],
  entries: readonly FlatFields[],
  timeoutMs: number,
): Promise<OncePlace[]> {
  const result: OncePlace[] = places.map(({ nativeId }) => ({ nativeId }));
  const sought = places.flatMap(({ nativeId, wasThere }, index) =>
    wasThere ? [{ index, nativeId, given: entries[index] ?? [] }] : [],
  );
  const deadline = clock.now() + timeoutMs;
  for (const batch of batchesOf(sought)) {
    const leftMs = Math.max(0, deadline - clock.now());
    const reading = connection.run(leftMs, (client) =>
      Promise.all(batch.map(({ nativeId }) => client.xrange(stream, nativeId, nativeId))),
    );
    const replies = await within(reading, leftMs);
    for (const [i, { index, nativeId, given }] of batch.entries()) {
      const fields = replies[i]?.[0]?.[1] ?? null;
      result[index] = { nativeId, found: foundUnder(given, fields) };
    }
  }
  return result;
}

function* batchesOf(sought: readonly Sought[]): Generator<Sought[], void, void> {
  let batch: Sought[] = [];
  let length = 0;
  for (const one of sought) {
    const more = lengthOf(one.given);
    if (batch.length > 0 && (batch.length >= MAX_BATCH || length + more > PAGE_LENGTH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(one);
    length += more;
  }
  if (batch.length > 0) yield batch;
}
