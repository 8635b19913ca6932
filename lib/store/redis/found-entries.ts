import type { RedisConnection } from '../../redis/redis-connection.js';
import { clock } from '../../timing/clock.js';
import { within } from '../../timing/within.js';
import type { FlatFields } from '../entries.js';
import type { OncePlace } from '../event-store.js';
import { foundUnder } from '../once.js';
import { lengthOf } from '../pages.js';
import type { FoundOrStored } from './append-once.js';
import { readById } from './entries-by-id.js';

/**
 * Reads the entries that were there before, each by its id: what is stored now costs nothing. The entries
 * that were to be stored tell how large they are.
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
  const given = places.map((place, i) => ({ ...place, fields: entries[i] ?? [] }));
  const sought = given.filter(({ wasThere }) => wasThere);
  const deadline = clock.now() + timeoutMs;
  const read = await readById(
    (command) => {
      const leftMs = Math.max(0, deadline - clock.now());
      return within(connection.run(leftMs, command), leftMs);
    },
    stream,
    sought.map(({ nativeId }) => nativeId),
    sought.map(({ fields }) => lengthOf(fields)),
  );
  let next = 0;
  return given.map(({ nativeId, wasThere, fields, sequence }) => ({
    nativeId,
    ...(wasThere && { found: foundUnder(fields, read[next++] ?? null) }),
    ...(sequence !== undefined && { sequence }),
  }));
}
