import { formatEntryId } from '../../wire/entry-id.js';
import { parseStart, positionOf, type MemoryStream } from './memory-stream.js';
import type { ClaimedPage, FlatFields, PendingEntry } from '../event-store.js';

interface Delivery {
  consumer: string;
  /** When it was last handed to its consumer or kept alive, milliseconds since the epoch. */
  at: number;
  count: number;
}

/** One consumer group on one stream in memory: what it has handed out, and to whom. */
export class MemoryGroup {
  // In the order of ids: entries are added after the last delivered one, but by `redrive`.
  private pending = new Map<bigint, Delivery>();

  constructor(
    private readonly stream: MemoryStream,
    /** Position that the group has been read up to. */
    private delivered: bigint,
    private readonly now: () => number,
  ) {}

  /** Id of the last entry that was handed to any consumer, or the id that the group began after. */
  get lastDeliveredId(): string {
    return formatEntryId(this.delivered);
  }

  /** How many entries the group has handed to nobody yet. */
  get ahead(): number {
    return this.stream.countAfter(this.delivered);
  }

  /** How many entries consumers hold and have not acknowledged. */
  get held(): number {
    return this.pending.size;
  }

  /** `XREADGROUP … >`: hands the next `count` entries to the consumer. */
  readNew(consumer: string, count: number): PendingEntry[] {
    return this.stream.positionsAfter(this.delivered, count).map((position) => {
      this.delivered = position;
      this.pending.set(position, { consumer, at: this.now(), count: 1 });
      const fields = this.stream.fieldsAt(position);
      return { nativeId: formatEntryId(position), fields, deliveryCount: 1 };
    });
  }

  /** `XREADGROUP … <id>`: the consumer's own pending entries after `after`, once more. */
  readPending(consumer: string, after: string, count: number): PendingEntry[] {
    const start = positionOf(after);
    return [...this.pending]
      .filter(([position, delivery]) => position > start && delivery.consumer === consumer)
      .slice(0, count)
      .map(([position, delivery]) => this.deliverAgain(position, delivery, consumer));
  }

  /**
   * `XAUTOCLAIM` from other consumers than the caller. One whose data is gone is listed, but stays
   * with its owner: Redis has no way to hand it over.
   */
  claim(consumer: string, minIdleMs: number, cursor: string, count: number): ClaimedPage {
    const start = parseStart(cursor);
    const entries: PendingEntry[] = [];
    for (const [position, delivery] of this.pending) {
      if (position < start) continue;
      if (entries.length === count) return { entries, next: formatEntryId(position) };
      if (delivery.consumer === consumer || !this.isIdle(delivery, minIdleMs)) continue;
      entries.push(this.deliverAgain(position, delivery, consumer));
    }
    return { entries, next: null };
  }

  /** `XACK` of what the consumer owns. Returns the ids of those. */
  acknowledge(consumer: string, nativeIds: readonly string[]): string[] {
    const owned = nativeIds.filter((id) => this.owned(consumer, id));
    return owned.filter((id) => this.pending.delete(positionOf(id)));
  }

  /** `XCLAIM … JUSTID` to the owner itself. Returns the ids that the consumer owns. */
  keepAlive(consumer: string, nativeIds: readonly string[]): string[] {
    return nativeIds.filter((id) => {
      const delivery = this.owned(consumer, id);
      if (delivery) delivery.at = this.now();
      return delivery !== undefined;
    });
  }

  /**
   * Ends the delivery of an entry that is to be set aside, and returns its fields. One whose data is
   * gone (`null`) may be pending with any consumer.
   *
   * @returns undefined where it is not the consumer's to end; nothing was done.
   */
  release(consumer: string, nativeId: string): FlatFields | null | undefined {
    const position = positionOf(nativeId);
    const delivery = this.pending.get(position);
    if (!delivery) return undefined;
    const fields = this.stream.fieldsAt(position);
    if (fields !== null && delivery.consumer !== consumer) return undefined;
    this.pending.delete(position);
    return fields;
  }

  /**
   * `XCLAIM … FORCE IDLE`: makes an entry pending again, free to claim, unless a consumer has it in
   * hand; false where its data is gone.
   */
  redrive(nativeId: string): boolean {
    const position = positionOf(nativeId);
    if (this.stream.fieldsAt(position) === null) return false;
    if (this.pending.has(position)) return true;
    this.pending.set(position, { consumer: 'redrive', at: -Infinity, count: 0 });
    this.pending = new Map([...this.pending].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    return true;
  }

  private owned(consumer: string, nativeId: string): Delivery | undefined {
    const delivery = this.pending.get(positionOf(nativeId));
    return delivery?.consumer === consumer ? delivery : undefined;
  }

  private deliverAgain(position: bigint, delivery: Delivery, consumer: string): PendingEntry {
    const fields = this.stream.fieldsAt(position);
    // Redis counts a delivery only where there is something to deliver.
    if (fields !== null) {
      delivery.consumer = consumer;
      delivery.at = this.now();
      delivery.count += 1;
    }
    return { nativeId: formatEntryId(position), fields, deliveryCount: delivery.count };
  }

  private isIdle(delivery: Delivery, minIdleMs: number): boolean {
    // Without a bound Redis doesn't look at the clock, which may have gone back.
    return minIdleMs <= 0 || this.now() - delivery.at >= minIdleMs;
  }
}
