import { entryTime } from '../wire/entry-id.js';
import type { BusStream } from './bus-streams.js';
import type { FailingEntry, GroupDetails, StreamState } from '../store/inspection.js';

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
  /** Those of the pending entries that were handed back or driven again: they wait for a worker. */
  readonly unclaimed: number;
  /** What the listener has not been given yet; `null` where Redis refuses to be read. */
  readonly undelivered: number | null;
  /** Whether `undelivered` was counted up to here only, and there is more. */
  readonly undelivered_at_least: boolean;
  readonly oldest_pending: {
    readonly native_id: string;
    /** `null`: it waits for a worker to take it over. */
    readonly consumer: string | null;
    /** For how long it has been pending there, at least; `null` where Redis doesn't tell. */
    readonly pending_ms: number | null;
    readonly delivery_count: number;
  } | null;
  /** The events that fail and are tried again, oldest first. */
  readonly failing: readonly {
    readonly native_id: string;
    /** Canonical name of the event; `null` where it isn't known. */
    readonly event: string | null;
    /** `null`: it waits for a worker to take it over. */
    readonly consumer: string | null;
    readonly since: string;
    /** Attempts so far, of all processes. */
    readonly attempts: number;
    /** What the latest attempt failed with. */
    readonly error: string;
    /** `null` where the process that failed makes no further attempt. */
    readonly next_try_at: string | null;
  }[];
  readonly dead_letters: number;
  readonly oldest_dead_letter_at: string | null;
  /** Losses of history before this listener saw it; `null` where none was noticed. */
  readonly lost_history: {
    readonly times: number;
    readonly after: string;
    /** `null`: the whole stream. */
    readonly until: string | null;
    readonly noticed_at: string;
  } | null;
  readonly consumers: readonly {
    readonly name: string;
    readonly pending: number;
    readonly idle_ms: number;
    /** The process that has this name; `null` for one of Python, and for one that has ended in order. */
    readonly worker: {
      readonly host: string;
      readonly pid: number;
      readonly since: string;
      /** Whether it gives signs of life. */
      readonly alive: boolean;
    } | null;
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
  const { oldestPending: oldest, lost, oldestDeadLetterAt } = group;
  return {
    group: group.name,
    last_delivered_id: group.lastDeliveredId,
    pending: group.pending,
    unclaimed: group.unclaimed,
    undelivered: group.undelivered?.count ?? null,
    undelivered_at_least: group.undelivered?.isAtLeast ?? false,
    oldest_pending: oldest && {
      native_id: oldest.nativeId,
      consumer: oldest.consumer,
      pending_ms: oldest.pendingMs,
      delivery_count: oldest.deliveryCount,
    },
    failing: group.failures.map(toFailing),
    dead_letters: group.deadLetters,
    oldest_dead_letter_at: oldestDeadLetterAt?.toISOString() ?? null,
    lost_history: lost && {
      times: lost.times,
      after: lost.last.after,
      until: lost.last.until,
      noticed_at: lost.last.noticedAt.toISOString(),
    },
    consumers: group.consumers.map(({ name, pending, idleMs, worker }) => ({
      name,
      pending,
      idle_ms: idleMs,
      worker: worker && {
        host: worker.host,
        pid: worker.pid,
        since: worker.since,
        alive: worker.leaseMs !== null,
      },
    })),
  };
}

function toFailing(failure: FailingEntry): ListenerStatus['failing'][number] {
  const { nativeId, eventName, consumer, since, attempts, error, nextTryAt } = failure;
  return {
    native_id: nativeId,
    event: eventName ?? null,
    consumer,
    since: since.toISOString(),
    attempts,
    error,
    next_try_at: nextTryAt?.toISOString() ?? null,
  };
}
