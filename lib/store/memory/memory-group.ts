import { formatEntryId } from '../../wire/entry-id.js';
import { parseStart, positionOf } from '../positions.js';
import { MemoryAttempts } from './memory-attempts.js';
import { MemoryNames } from './memory-names.js';
import type { MemoryStream } from './memory-stream.js';
import type {
  ClaimedPage,
  HandBackOptions,
  InterruptedConsumer,
  PendingEntry,
} from '../consumer-groups.js';
import type { FailureNote } from '../inspection.js';
import { inspectGroup, NOBODY, type Delivery, type InspectedGroup } from './memory-inspection.js';
import type { GroupFacts, GroupOwner } from '../group-state.js';
import type { FlatFields } from '../entries.js';

/** One consumer group on one stream in memory: what it has handed out, and to whom. */
export class MemoryGroup {
  // In the order of ids: entries are added after the last delivered one, but by `redrive`.
  private pending = new Map<bigint, Delivery>();
  private count = 0;
  private readonly attempts: MemoryAttempts;
  /** Who has which consumer's name, and what those who are gone were handling. */
  readonly names = new MemoryNames((consumer) => this.oldestOf(consumer));
  /** When consumers gave their latest signs of life, milliseconds since the epoch. */
  private readonly seen = new Map<string, number>();
  owner?: GroupOwner;
  baseline: string | null = null;

  constructor(
    private readonly stream: MemoryStream,
    /** Position that the group has been read up to. */
    private delivered: bigint,
    private readonly now: () => number,
  ) {
    this.attempts = new MemoryAttempts(now);
  }

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

  /** What there is to know of it without reading. */
  get facts(): GroupFacts {
    const { count, baseline } = this;
    return {
      ...{ lastDeliveredId: this.lastDeliveredId, pending: this.pending.size, count, baseline },
      // One that is gone is gone with its baseline.
      remade: false,
    };
  }

  /** Gives a name up, and hands entries back. @returns how many. */
  handBack(
    consumer: string,
    { staying = [], fetched = [], keepsName = false }: HandBackOptions,
  ): number {
    if (!keepsName) this.names.release(consumer);
    let handed = 0;
    for (const [position, delivery] of this.pending) {
      const id = formatEntryId(position);
      // What is gone stays with its owner: Redis has no way to hand it over.
      const isGone = this.stream.fieldsAt(position) === null;
      if (delivery.consumer !== consumer || staying.includes(id) || isGone) continue;
      delivery.consumer = NOBODY;
      delivery.at = -Infinity;
      delivery.since = this.now();
      if (fetched.includes(id)) delivery.count = Math.max(0, delivery.count - 1);
      handed++;
    }
    return handed;
  }

  /** Records failed attempts, and whether the next one has begun. */
  recordAttempts(
    consumer: string,
    nativeId: string,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): void {
    const position = positionOf(nativeId);
    this.attempts.record(position, attempts, failure);
    this.names.wait(consumer, waits ? position : undefined);
  }

  /** Counts an attempt that another process has begun. @returns how many are recorded. */
  countAttempt(nativeId: string): number {
    const position = positionOf(nativeId);
    return this.pending.has(position) ? this.attempts.count(position) : 0;
  }

  /** `XREADGROUP … >`: hands the next `count` entries to the consumer. */
  readNew(consumer: string, count: number): PendingEntry[] {
    this.seen.set(consumer, this.now());
    const entries: PendingEntry[] = [];
    while (entries.length < count) {
      const [position] = this.stream.positionsAfter(this.delivered, 1);
      if (position === undefined) break;
      this.delivered = position;
      if (this.stream.isPast(position)) {
        this.count += 1;
        continue;
      }
      const now = this.now();
      this.pending.set(position, { consumer, at: now, since: now, count: 1 });
      const fields = this.stream.fieldsAt(position);
      entries.push({ nativeId: formatEntryId(position), fields, deliveryCount: 1, attempts: 0 });
    }
    return entries;
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
   * Takes over entries that are idle, whoever has them. One whose data is gone is listed, but stays with
   * its owner: Redis has no way to hand it over.
   */
  claim(consumer: string, minIdleMs: number, cursor: string, count: number): ClaimedPage {
    const start = parseStart(cursor);
    const entries: PendingEntry[] = [];
    const interrupted: InterruptedConsumer[] = [];
    const asked = new Set([consumer, NOBODY]);
    for (const [position, delivery] of this.pending) {
      if (position < start) continue;
      if (entries.length === count) {
        return { entries, next: formatEntryId(position), interrupted };
      }
      if (!this.isIdle(delivery, minIdleMs)) continue;
      if (this.stream.fieldsAt(position) !== null && !asked.has(delivery.consumer)) {
        asked.add(delivery.consumer);
        interrupted.push(...this.names.markInterrupted(delivery.consumer));
      }
      entries.push(this.deliverAgain(position, delivery, consumer));
    }
    return { entries, next: null, interrupted };
  }

  /** `XACK` of what the consumer owns. Returns the ids of the others. */
  acknowledge(consumer: string, nativeIds: readonly string[]): string[] {
    // All first: one that is no id ends it before anything is acknowledged.
    const others = nativeIds.filter((id) => !this.owned(consumer, id));
    for (const id of nativeIds) if (this.owned(consumer, id)) this.settle(positionOf(id));
    return others;
  }

  /** `XCLAIM … JUSTID` to the owner itself. Returns the ids that the consumer does not own. */
  keepAlive(consumer: string, nativeIds: readonly string[]): string[] {
    this.seen.set(consumer, this.now());
    return nativeIds.filter((id) => {
      const delivery = this.owned(consumer, id);
      if (delivery) delivery.at = this.now();
      return delivery === undefined;
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
    this.settle(position);
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
    // It is pending once more without having been handed out once more.
    this.count -= 1;
    this.pending.set(position, { consumer: NOBODY, at: -Infinity, since: this.now(), count: 0 });
    this.pending = new Map([...this.pending].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    return true;
  }

  /** Whether an entry is pending, with whomever. */
  isPending(nativeId: string): boolean {
    return this.pending.has(positionOf(nativeId));
  }

  /** What operators see of it. @param leaseOf for how long the process of a token counts as alive. */
  inspect(leaseOf: (token: string) => number | null): InspectedGroup {
    const { lastDeliveredId, ahead, names, attempts, seen, now } = this;
    const pending = [...this.pending];
    return inspectGroup(
      { ...{ lastDeliveredId, ahead, pending, attempts, seen }, holders: names.holders, leaseOf },
      now(),
    );
  }

  private settle(position: bigint): void {
    this.pending.delete(position);
    this.attempts.forget(position);
    this.count += 1;
  }

  /** The oldest entry that is pending with a consumer. */
  oldestOf(consumer: string): bigint | undefined {
    return [...this.pending].find(([, one]) => one.consumer === consumer)?.[0];
  }

  private owned(consumer: string, nativeId: string): Delivery | undefined {
    const delivery = this.pending.get(positionOf(nativeId));
    return delivery?.consumer === consumer ? delivery : undefined;
  }

  private deliverAgain(position: bigint, delivery: Delivery, consumer: string): PendingEntry {
    const fields = this.stream.fieldsAt(position);
    // Redis counts a delivery only where there is something to deliver.
    if (fields !== null) {
      if (delivery.consumer !== consumer) delivery.since = this.now();
      delivery.consumer = consumer;
      delivery.at = this.now();
      delivery.count += 1;
    }
    const entry = { nativeId: formatEntryId(position), fields, deliveryCount: delivery.count };
    return { ...entry, ...this.attempts.of(position) };
  }

  private isIdle(delivery: Delivery, minIdleMs: number): boolean {
    // Without a bound Redis doesn't look at the clock, which may have gone back.
    return minIdleMs <= 0 || this.now() - delivery.at >= minIdleMs;
  }
}
