import { setTimeout as delay } from 'node:timers/promises';
import { DisconnectedError, ProcessNameInUseError } from '../errors.js';
import { ConsumerLease, LEASE_MS } from './consumer-lease.js';
import type { HeldEntries } from './held-entries.js';
import type { ConsumerRef, EventStore, LeaseHolder, LostHistory } from '../store/event-store.js';

/** How long giving back the lease may take when this process stops, ms: it ends by itself. */
const RELEASE_MS = 1_000;

/** How many entries are kept alive with one command. */
const KEEP_ALIVE_PAGE = 1_000;

/** How often a consumer shows that it lives; from the Lightbus settings of the stream's API. */
export interface UpkeepSettings {
  /** `acknowledgement_timeout`, ms: after this long idle an entry may be taken over. */
  readonly acknowledgementTimeoutMs: number;
  /** `reclaim_interval`, ms: how often to look for such entries. */
  readonly reclaimIntervalMs: number;
  /** `consumer_ttl`, ms: after this long idle, a consumer that holds nothing is removed. */
  readonly consumerTtlMs: number;
}

/** What a {@link ConsumerUpkeep} tells without being asked. */
export interface UpkeepEvents {
  /** An entry that this consumer held was taken over by another one. */
  readonly lost: (nativeId: string) => void;
  /** Entries have vanished that the group was never given. */
  readonly historyLost: (lost: LostHistory) => void;
  /** Keeping house failed: nothing is refreshed, and no loss is noticed. Told once for each reason. */
  readonly upkeepFailed: (error: unknown) => void;
  /** Another process has this one's name. */
  readonly replaced: (error: ProcessNameInUseError) => void;
}

/**
 * Keeps what one consumer has on one stream: its name, by a lease; the entries in hand, so that nobody
 * takes them over; and the group in order.
 */
export class ConsumerUpkeep {
  private readonly lease: ConsumerLease;
  private heartbeat?: NodeJS.Timeout;
  /** When the entries in hand were last known to be ours. */
  private keptAliveAt = 0;
  private maintainedAt = 0;
  private failure?: string;

  /** @param holder this process, in the lease on the consumer's name. */
  constructor(
    private readonly store: EventStore,
    private readonly ref: ConsumerRef,
    private readonly settings: UpkeepSettings,
    holder: LeaseHolder,
    private readonly held: HeldEntries,
    private readonly events: UpkeepEvents,
  ) {
    this.lease = new ConsumerLease(store, ref, holder);
  }

  /** Takes the lease, or makes it last. @throws ProcessNameInUseError, TransportError */
  async takeLease(): Promise<void> {
    try {
      await this.lease.take();
    } catch (error) {
      // Under our name, the other process has been given all that was ours.
      if (error instanceof ProcessNameInUseError) this.lose(this.held.unhandled());
      throw error;
    }
  }

  /** From now on at regular intervals, until {@link pause}. The group exists. */
  start(): void {
    this.keptAliveAt = this.maintainedAt = Date.now();
    this.heartbeat = setInterval(() => void this.beat(), this.periodMs).unref();
  }

  /** Stops for the time being. */
  pause(): void {
    clearInterval(this.heartbeat);
  }

  /** Gives the lease back. Never rejects: without a connection it ends by itself. */
  async release(): Promise<void> {
    const released = this.lease.release().catch(() => undefined);
    await Promise.race([released, delay(RELEASE_MS, undefined, { ref: false })]);
  }

  /**
   * Makes sure that what is at hand is still ours: this process may have stood still.
   *
   * @param hasEntries whether anything is at hand.
   */
  async ensure(hasEntries: boolean): Promise<void> {
    if (!this.lease.isSure) await this.takeLease();
    const isOld = Date.now() - this.keptAliveAt >= this.settings.acknowledgementTimeoutMs;
    if (isOld && hasEntries) await this.keepAlive();
  }

  private async beat(): Promise<void> {
    const now = Date.now();
    try {
      await this.takeLease();
      // At each beat, if need be: one that is a little early must not leave it to the next.
      const dueMs = this.settings.acknowledgementTimeoutMs / 3 - this.periodMs / 2;
      if (now - this.keptAliveAt >= dueMs) await this.keepAlive();
      // A quiet consumer's idle time stays below the interval.
      if (now - this.maintainedAt >= this.settings.reclaimIntervalMs - this.periodMs) {
        await this.maintain();
        this.maintainedAt = now;
      }
    } catch (error) {
      // A lost connection or group: the next read fails too, reports it and starts again. But nothing
      // else would notice that another process, while this one was stopped, has taken its name.
      if (error instanceof ProcessNameInUseError) this.events.replaced(error);
      else if (!(error instanceof DisconnectedError)) this.report(error);
    }
  }

  private async maintain(): Promise<void> {
    const { consumerTtlMs } = this.settings;
    const lost = await this.store.maintain(this.ref, consumerTtlMs, this.held.newest);
    this.failure = undefined;
    if (!lost) return;
    this.held.forgetAfter(lost);
    this.events.historyLost(lost);
  }

  private async keepAlive(): Promise<void> {
    const now = Date.now();
    const asked = this.held.unhandled();
    const owned = new Set<string>();
    for (let i = 0; i < asked.length; i += KEEP_ALIVE_PAGE) {
      const page = asked.slice(i, i + KEEP_ALIVE_PAGE);
      for (const id of await this.store.keepAlive(this.ref, page)) owned.add(id);
    }
    this.lose(asked.filter((id) => !owned.has(id)));
    this.keptAliveAt = now;
  }

  private lose(nativeIds: readonly string[]): void {
    for (const id of nativeIds) if (this.held.lose(id)) this.events.lost(id);
  }

  private report(error: unknown): void {
    const reason = String(error);
    if (reason === this.failure) return;
    this.failure = reason;
    this.events.upkeepFailed(error);
  }

  private get periodMs(): number {
    const { acknowledgementTimeoutMs, reclaimIntervalMs } = this.settings;
    return Math.min(LEASE_MS / 3, acknowledgementTimeoutMs / 3, reclaimIntervalMs);
  }
}
