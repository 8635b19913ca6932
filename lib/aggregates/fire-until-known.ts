import { setTimeout as delay } from 'node:timers/promises';
import { DECIDED_ON } from '../bus/decided-on.js';
import type { EventBus } from '../bus/event-bus.js';
import type { DecidedOptions } from '../bus/fire-options.js';
import type { SenderOptions } from '../bus/sender-options.js';
import type { EventMessage } from '../event/event-message.js';
import { ConcurrencyError, FireError } from '../fire-errors.js';
import { backoffMs } from '../timing/backoff.js';
import { clock } from '../timing/clock.js';
import type { StatePoint } from './entity-state.js';

/** For how long to try, ms; a try that has begun by then goes on. */
const PATIENCE_MS = 30_000;
const FIRST_DELAY_MS = 50;
const LAST_DELAY_MS = 5000;

/**
 * Stores events of one entity on the state that they were decided on, and tries again where that may help: under the
 * same ids once they may be stored, so that an unknown outcome is found out.
 *
 * A `ConcurrencyError` is certain, also after an unknown outcome: had the events been stored, firing again under their
 * ids would have found them; and what is still on its way finds another version than it expects, too.
 *
 * @throws as `EventBus.fireAll`. Where the outcome of a try stays unknown, the error that says so, whatever became of the
 *   tries after it.
 */
export async function fireUntilKnown(
  bus: EventBus,
  events: readonly object[],
  { version: expectedVersion, nativeId }: StatePoint,
  sender: SenderOptions,
): Promise<EventMessage<object>[]> {
  const end = clock.now() + PATIENCE_MS;
  /** Of the last try that may have stored them. */
  let open: FireError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const options: DecidedOptions = {
        ...{ ...sender, expectedVersion, [DECIDED_ON]: { nativeId } },
        ...(open && { ids: open.ids }),
      };
      return await bus.fireAll(events, options);
    } catch (error) {
      if (error instanceof ConcurrencyError) throw error;
      const isFireError = error instanceof FireError;
      if (isFireError && error.retry === 'with_ids') open = error;
      if (!isFireError || error.retry === 'never' || clock.now() >= end) throw open ?? error;
    }
    await delay(backoffMs(attempt, FIRST_DELAY_MS, LAST_DELAY_MS));
  }
}
