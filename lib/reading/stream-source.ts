import type { ConsumerRef } from '../store/consumer-groups.js';
import type { GroupOwner } from '../store/group-state.js';
import type { EventStore } from '../store/event-store.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import type { UpkeepSettings } from './membership/upkeep.js';

/** How a consumer reads one stream; all from the Lightbus settings of the stream's API. */
export interface ReadSettings extends UpkeepSettings {
  /** `batch_size`: how many entries one read asks for at most. */
  readonly batchSize: number;
  /** `reclaim_batch_size`: how many to take over at once at most. */
  readonly reclaimBatchSize: number;
}

/** For how long a stream that is new may not have been found by a process that listens, ms. */
const LONGEST_UNKNOWN_MS = 15_000;

/** One stream that a subscription reads, and how. */
export interface StreamSource {
  /** The API that the stream belongs to. */
  readonly apiName: string;
  readonly store: EventStore;
  readonly ref: ConsumerRef;
  /** Both halves of the group's name. */
  readonly owner?: GroupOwner;
  readonly settings: ReadSettings;
  /** Lightbus setting `consumption_restart_delay`, ms: cap of the delay before reading again after a failure. */
  readonly restartDelayMs: number;
}

/**
 * Where the groups of these streams start that have to be made.
 *
 * @param since what the listener says: `0`, `$` or an entry id.
 * @param isListening whether it has looked for streams before: one that is found only now is new.
 * @throws TransportError
 */
export async function startsOf(
  sources: readonly StreamSource[],
  since: string,
  isListening: boolean,
): Promise<string[]> {
  // A stream that came into being while we listen is new from its first entry on.
  if (isListening) return sources.map(() => '0');
  if (since !== '$' || sources.length < 2) return sources.map(() => since);
  // And so is one that did while this listener was away, which had been given an older entry of another.
  const lastIds = await Promise.all(sources.map(({ store, ref }) => store.lastDeliveredId(ref)));
  const newest = lastIds
    .filter((id) => id !== null)
    .sort(compareEntryIds)
    .at(-1);
  return Promise.all(
    sources.map(async ({ store, ref }) => {
      if (newest === undefined) return since;
      const oldest = { start: '-', end: '+', count: 1 };
      const [first] = await store.range(ref.stream, oldest);
      return first && isNew(first.nativeId, newest) ? '0' : since;
    }),
  );
}

/** Whether a stream that begins with `first` may have been unknown when the listener was given `newest`. */
function isNew(first: string, newest: string): boolean {
  return entryTime(first).getTime() > entryTime(newest).getTime() - LONGEST_UNKNOWN_MS;
}
