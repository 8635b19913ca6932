import type { VanishedHistory } from './group-state.js';
import type { Undelivered } from './undelivered.js';

/** What of a stream is looked at. */
export interface InspectOptions {
  /** The consumer groups. @default all */
  readonly groups?: readonly string[];
  /** Up to where entries are counted that a group was not given, where that takes reading them. @default 10,000 */
  readonly countUpTo?: number;
  /** Whether to ask how much memory it takes. @default false */
  readonly memory?: boolean;
}

/** What a stream and its consumer groups look like at a moment. */
export interface StreamState {
  /** How many entries it holds. */
  readonly length: number;
  /** Entry id of the first and of the last one; `null` where it is empty. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  /** `MEMORY USAGE`, an estimate; `null` where this Redis does not tell, and where nobody has asked. */
  readonly memoryBytes: number | null;
  readonly groups: readonly GroupDetails[];
}

/** One consumer group, that is one listener of one service. */
export interface GroupDetails {
  /** `{service_name}-{listener_name}` */
  readonly name: string;
  readonly lastDeliveredId: string;
  /** Entries that were delivered and are not acknowledged. */
  readonly pending: number;
  /** Those of them that were handed back, or driven again, and wait for a worker to take them over. */
  readonly unclaimed: number;
  /** Entries that were delivered to nobody yet; `null` where they can't be counted: reading is refused. */
  readonly undelivered: Undelivered | null;
  readonly oldestPending: PendingDetails | null;
  /** Events that are tried again, oldest first, a hundred at most. */
  readonly failures: readonly FailingEntry[];
  /** Length of the listener's dead-letter stream. */
  readonly deadLetters: number;
  /** When the oldest of them was set aside. */
  readonly oldestDeadLetterAt: Date | null;
  /** History that was lost before the listener saw it; `null` where none was noticed. */
  readonly lost: LostHistory | null;
  readonly consumers: readonly ConsumerDetails[];
}

/** One pending entry. */
export interface PendingDetails {
  readonly nativeId: string;
  /** Who has it; `null`: it was handed back or driven again, and waits for a worker to take it over. */
  readonly consumer: string | null;
  /**
   * For how long it has been so, at least, ms: since it was delivered, where its consumer gives no sign of life;
   * else since that was first seen to have it. `null` where Redis does not tell.
   */
  readonly pendingMs: number | null;
  /** How often it was delivered. */
  readonly deliveryCount: number;
}

/** An event that its handler has failed to handle, and that is tried again. */
export interface FailingEntry {
  readonly nativeId: string;
  /** Canonical name, `<api>.<event>`; absent where the worker did not know. */
  readonly eventName?: string;
  /** Who has it; `null`: nobody just now. */
  readonly consumer: string | null;
  /** When the first attempt failed. */
  readonly since: Date;
  /** Attempts so far, of all processes. */
  readonly attempts: number;
  /** What the latest one failed with. */
  readonly error: string;
  /** When the next one is due; `null` where the worker will not make one, as `onError: 'shutdown'` says. */
  readonly nextTryAt: Date | null;
}

/** Losses of history that a listener's processes have noticed. */
export interface LostHistory {
  /** How many there were. */
  readonly times: number;
  /** The latest one. */
  readonly last: VanishedHistory & { readonly noticedAt: Date };
}

/** One consumer of a group, that is one process. */
export interface ConsumerDetails {
  readonly name: string;
  readonly pending: number;
  /** Since its last read or sign of life, ms. */
  readonly idleMs: number;
  /** The process that has the name; `null` where none of this module has: one of Python, or one that has ended in order. */
  readonly worker: Worker | null;
}

/** The process that has a consumer's name. */
export interface Worker {
  readonly host: string;
  readonly pid: number;
  /** When it started, as it said itself, ISO 8601. */
  readonly since: string;
  /** For how long it counts as alive if it gives no further sign of life, ms; `null`: it gives none any more. */
  readonly leaseMs: number | null;
}

/** How operators look at streams and groups. Nothing is changed. */
export interface Inspectable {
  /**
   * Looks at a stream and its groups as they are now, with commands that read only.
   *
   * @returns `null` where there is no such stream.
   * @throws TransportError
   */
  inspect(stream: string, options?: InspectOptions): Promise<StreamState | null>;

  /**
   * Which of these entries a group has been given, or is to be given again, and has not settled.
   *
   * @param nativeIds a hundred or so: each costs a command.
   * @returns none where there is no such group.
   * @throws TransportError
   */
  stillPending(
    ref: { readonly stream: string; readonly group: string },
    nativeIds: readonly string[],
  ): Promise<string[]>;
}

/** What a failed attempt leaves for operators to see, beside its number. */
export interface FailureNote {
  /** Canonical name of the event. */
  readonly eventName?: string;
  /** What the attempt failed with. */
  readonly error: string;
  /** In how many ms the next attempt is due; `null` where this process makes none. */
  readonly nextInMs: number | null;
}
