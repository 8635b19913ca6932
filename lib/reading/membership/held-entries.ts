import { compareEntryIds, isEntryId, justBefore } from '../../wire/entry-id.js';
import type { PendingEntry } from '../../store/consumer-groups.js';
import type { GroupState, VanishedHistory } from '../../store/group-state.js';

/**
 * What one consumer has in hand of one stream: which entries it owns, which of those are handled but
 * not confirmed as acknowledged, and up to where everything is dealt with.
 */
export class HeldEntries {
  private readonly held = new Set<string>();
  /** Never to be handled again, whatever becomes of the connection. */
  private readonly handled = new Set<string>();
  private readonly attempted = new Set<string>();
  private acknowledged: string;
  private newestId?: string;
  private known = false;

  /** @param since where the group starts when it is made: `0`, `$` or an entry id. */
  constructor(since: string) {
    this.acknowledged = since;
  }

  /**
   * Where the group starts if it has to be made (again): where this consumer stopped. That is before
   * the oldest entry that is not dealt with, as a claimed one may be older than the last
   * acknowledged.
   */
  get restartId(): string {
    const [oldest] = this.unhandled().map(justBefore).sort(compareEntryIds);
    if (oldest === undefined || !isEntryId(this.acknowledged)) return this.acknowledged;
    return compareEntryIds(oldest, this.acknowledged) < 0 ? oldest : this.acknowledged;
  }

  /** The newest entry that the stream is known to have held. */
  get newest(): string | undefined {
    return this.newestId;
  }

  /** Forgets what is in hand: the pending list will tell. What is handled stays known. */
  startAgain(): void {
    this.acknowledged = this.restartId;
    this.held.clear();
  }

  /** The group exists. Of one that was there before, whatever is not pending is dealt with. */
  groupFound({ created, lastDeliveredId, newest, vanished }: GroupState): void {
    const isOlder = !this.known && !created;
    // Another stream has taken the place of the one that is known.
    const isOther = vanished?.until === null;
    if (isOlder || isOther || this.acknowledged === '$') this.acknowledged = lastDeliveredId;
    if (isOther) this.newestId = undefined;
    if (vanished) this.forgetAfter(vanished);
    if (newest !== null) this.see(newest);
    this.known = true;
  }

  /** Whether the group has ever been found or made. */
  get isKnown(): boolean {
    return this.known;
  }

  /** The consumer owns the entry. */
  hold({ nativeId, attempts }: Pick<PendingEntry, 'nativeId' | 'attempts'>): void {
    this.held.add(nativeId);
    if (attempts > 0) this.attempted.add(nativeId);
    this.see(nativeId);
  }

  /** Attempts to handle the entry are recorded: they are to be forgotten with its acknowledgement. */
  markAttempted(nativeId: string): void {
    this.attempted.add(nativeId);
  }

  /** Those of the entries attempts to handle which are recorded. */
  withAttempts(nativeIds: readonly string[]): readonly string[] {
    return this.attempted.size === 0 ? [] : nativeIds.filter((id) => this.attempted.has(id));
  }

  /** Whether one that is handled and not known to be acknowledged has recorded attempts. */
  get hasUnconfirmedAttempts(): boolean {
    for (const nativeId of this.attempted) if (this.handled.has(nativeId)) return true;
    return false;
  }

  /** The stream holds an entry of this id. */
  seen(nativeId: string): void {
    this.see(nativeId);
  }

  /** Whether the consumer owns the entry, as far as it knows. */
  holds(nativeId: string): boolean {
    return this.held.has(nativeId);
  }

  /** Another consumer has taken the entry over. @returns whether that is news. */
  take(nativeId: string): boolean {
    return !this.handled.has(nativeId) && this.held.delete(nativeId);
  }

  /** The entry is handled; its acknowledgement is on its way. */
  markHandled(nativeId: string): void {
    this.handled.add(nativeId);
  }

  /** Whether the entry is handled, and not known to be acknowledged. */
  isHandled(nativeId: string): boolean {
    return this.handled.has(nativeId);
  }

  /** The entry is acknowledged, or somebody else's. */
  release(nativeId: string): void {
    this.handled.delete(nativeId);
    this.held.delete(nativeId);
    this.attempted.delete(nativeId);
    if (this.acknowledged === '$' || compareEntryIds(nativeId, this.acknowledged) > 0) {
      this.acknowledged = nativeId;
    }
  }

  /**
   * All that is pending with the consumer is in hand. What is handled and is not among that has been
   * acknowledged, if the group had handed it out: the answer was lost.
   */
  pendingKnown(lastDeliveredId: string): void {
    for (const nativeId of [...this.handled]) {
      const handedOut = compareEntryIds(nativeId, lastDeliveredId) <= 0;
      if (handedOut && !this.held.has(nativeId)) this.release(nativeId);
    }
  }

  /** Entries in hand that are not handled yet: those to keep alive. */
  unhandled(): string[] {
    return [...this.held].filter((nativeId) => !this.handled.has(nativeId));
  }

  /** Entries that are handled, and not known to be acknowledged. */
  unconfirmed(): string[] {
    return [...this.handled];
  }

  /** Redis has gone back: what followed is not on the stream any more, and what comes next may have a lower id. */
  private forgetAfter({ after, until }: VanishedHistory): void {
    if (until === null || this.newestId !== until) return;
    this.newestId = after;
    if (isEntryId(this.acknowledged) && compareEntryIds(this.acknowledged, after) > 0)
      this.acknowledged = after;
  }

  private see(nativeId: string): void {
    const { newestId } = this;
    if (newestId === undefined || compareEntryIds(nativeId, newestId) > 0) this.newestId = nativeId;
  }
}
