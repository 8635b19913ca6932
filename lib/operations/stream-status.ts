import { entryTime } from '../wire/entry-id.js';
import type { BusStream } from './bus-streams.js';
import type { GroupDetails, StreamState } from './stream-inspector.js';

/** One stream as `lightbus status --json` prints it. Times are ISO dates, idle times ms. */
export interface StreamStatus {
  readonly stream: string;
  readonly api_name: string;
  /** `*` for a stream of all events of its API. */
  readonly event_name: string;
  /** The Redis that holds it, without its password. */
  readonly redis: string;
  readonly length: number;
  readonly first: EntryStatus | null;
  readonly last: EntryStatus | null;
  readonly memory_bytes: number | null;
  readonly listeners: readonly ListenerStatus[];
}

interface EntryStatus {
  readonly native_id: string;
  readonly timestamp: string;
}

/** One listener, that is one consumer group. */
export interface ListenerStatus {
  readonly group: string;
  readonly last_delivered_id: string;
  readonly pending: number;
  /** What the listener has not been given yet; `null` where Redis refuses to be read. */
  readonly undelivered: number | null;
  /** Whether `undelivered` was counted up to here only, and there is more. */
  readonly undelivered_at_least: boolean;
  readonly oldest_pending: {
    readonly native_id: string;
    readonly consumer: string;
    readonly idle_ms: number;
    readonly delivery_count: number;
  } | null;
  readonly dead_letters: number;
  readonly consumers: readonly {
    readonly name: string;
    readonly pending: number;
    readonly idle_ms: number;
  }[];
}

/** Puts together what was found out about a stream. */
export function toStreamStatus(
  { name, owner, store }: BusStream,
  state: StreamState,
): StreamStatus {
  return {
    stream: name,
    api_name: owner.apiName,
    event_name: owner.eventName,
    redis: store.description,
    length: state.length,
    first: toEntry(state.firstId),
    last: toEntry(state.lastId),
    memory_bytes: state.memoryBytes,
    listeners: state.groups.map(toListener),
  };
}

function toEntry(nativeId: string | null): EntryStatus | null {
  if (nativeId === null) return null;
  return { native_id: nativeId, timestamp: entryTime(nativeId).toISOString() };
}

function toListener(group: GroupDetails): ListenerStatus {
  const oldest = group.oldestPending;
  return {
    group: group.name,
    last_delivered_id: group.lastDeliveredId,
    pending: group.pending,
    undelivered: group.undelivered?.count ?? null,
    undelivered_at_least: group.undelivered?.isAtLeast ?? false,
    oldest_pending: oldest && {
      native_id: oldest.nativeId,
      consumer: oldest.consumer,
      idle_ms: oldest.idleMs,
      delivery_count: oldest.deliveryCount,
    },
    dead_letters: group.deadLetters,
    consumers: group.consumers.map(({ name, pending, idleMs }) => ({
      name,
      pending,
      idle_ms: idleMs,
    })),
  };
}
