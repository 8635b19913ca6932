import type { PendingEntry } from '../../store/consumer-groups.js';
import { compareEntryIds } from '../../wire/entry-id.js';

/** Entries that were fetched and not handed out yet, in the order of their ids. */
export class AtHand {
  /** From the pending list, or taken over; and new ones. Each list is in order by itself. */
  private old: PendingEntry[] = [];
  private fresh: PendingEntry[] = [];

  /** The oldest one. */
  get head(): PendingEntry | undefined {
    const [old] = this.old;
    const [fresh] = this.fresh;
    return old && fresh && compareEntryIds(fresh.nativeId, old.nativeId) < 0
      ? fresh
      : (old ?? fresh);
  }

  /** Hands out {@link head}. */
  take(): PendingEntry | undefined {
    const { head } = this;
    return head && head === this.old[0] ? this.old.shift() : this.fresh.shift();
  }

  /** Whether nothing is left of what was pending or taken over. */
  get hasNoOld(): boolean {
    return this.old.length === 0;
  }

  /** Whether nothing is left. */
  get isEmpty(): boolean {
    return this.old.length === 0 && this.fresh.length === 0;
  }

  /** Adds one that was pending or taken over, newer than all of its kind. */
  addOld(entry: PendingEntry): void {
    this.old.push({ ...entry, isRedelivery: true });
  }

  /** Adds a new one. */
  addNew(entry: PendingEntry): void {
    this.fresh.push(entry);
  }

  /** Forgets one that another consumer has taken over. */
  drop(nativeId: string): void {
    this.old = this.old.filter((entry) => entry.nativeId !== nativeId);
    this.fresh = this.fresh.filter((entry) => entry.nativeId !== nativeId);
  }

  /** Forgets all. */
  clear(): void {
    this.old = [];
    this.fresh = [];
  }
}
