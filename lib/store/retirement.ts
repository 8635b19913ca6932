import type { GroupRef, Holder } from './consumer-groups.js';

/**
 * How long a consumer of another client (Python) must have been idle to count as gone, ms: it keeps no lease. As long as
 * Lightbus's `consumer_ttl`, after which Python's workers remove it.
 */
export const GONE_AFTER_MS = 300_000;

/**
 * What is to be removed of a consumer group: the group, with what is known of it; its dead letters, too; only those of
 * its consumers that hold nothing and that nobody uses; or nothing, to look first.
 */
export type Removal = 'group' | 'group_and_letters' | 'unused_consumers' | 'nothing';

/** A consumer that somebody uses. */
export interface GroupUser {
  readonly consumer: string;
  /** The process that has its name; `null`: it is of another client (Python). */
  readonly worker: Pick<Holder, 'host' | 'pid' | 'since'> | null;
  /** Since its last read or sign of life, as far as Redis tells, ms. */
  readonly idleMs: number;
}

/** What {@link Retirable.retire} has found. */
export interface Retirement {
  /** Whether there was a group, or anything known of one. */
  readonly exists: boolean;
  /** How many dead letters there were. */
  readonly letters: number;
  /** Where there is one, neither the group nor its dead letters were removed. */
  readonly users: readonly GroupUser[];
  /** Consumers that hold nothing and that nobody uses: removed, if that was asked for. */
  readonly unused: readonly string[];
}

/** How operators remove consumer groups. */
export interface Retirable {
  /**
   * Removes a consumer group that nobody uses, in one step. Whoever takes a consumer's name until then is found. The
   * entries of the stream stay.
   *
   * @throws TransportError
   */
  retire(ref: GroupRef, removal: Removal): Promise<Retirement>;
}
