import { TransportError } from '../errors.js';
import { failsAgain } from '../redis/refusal.js';
import { backoffMs } from '../timing/backoff.js';
import { Rest } from '../timing/rest.js';
import type { EventKeys } from './entities.js';
import type { EventStore } from './event-store.js';

/** Before what was not taken in is told again, ms; it doubles up to `longestDelayMs`. */
const FIRST_DELAY_MS = 100;

/**
 * Tells the index of a stream which events are keyed by what; again where the store is away or takes nothing in, until
 * the signal is aborted.
 *
 * @throws `TransportError` where the store refuses for a reason that stays, or the signal is aborted.
 */
export async function tellEventKeys(
  store: Pick<EventStore, 'eventKeys'>,
  stream: string,
  keys: EventKeys,
  { longestDelayMs, signal }: { readonly longestDelayMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const rest = new Rest();
  for (let failures = 1; ; failures++) {
    try {
      await store.eventKeys(stream, keys);
      return;
    } catch (error) {
      const mayPass = error instanceof TransportError && !failsAgain(error);
      if (signal.aborted || !mayPass) throw error;
      const ms = backoffMs(failures, FIRST_DELAY_MS, longestDelayMs);
      await rest.rest(ms, signal, () => false);
    }
  }
}
