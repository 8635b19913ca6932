import { DisconnectedError } from '../../errors.js';
import { clock } from '../../timing/clock.js';
import { inBackground } from '../../timing/background.js';
import type { Member } from '../../store/consumer-groups.js';
import { ReplacedError } from '../../store/ownership-errors.js';
import type { EventStore } from '../../store/event-store.js';
import type { HeldEntries } from './held-entries.js';
import { LEASE_MS, type Periodic, type Presence } from './presence.js';
import type { TellNews } from '../reading-news.js';

/** How often consumers that are gone are looked for at most, ms: that costs as much as there are consumers. */
const CLEAN_UP_MS = 3_600_000;

/** How often a consumer shows that it lives; from the Lightbus settings of the stream's API. */
export interface UpkeepSettings {
  /** `acknowledgement_timeout`, ms: after this long idle an entry may be taken over. */
  readonly acknowledgementTimeoutMs: number;
  /** `reclaim_interval`, ms: how often to look for such entries. */
  readonly reclaimIntervalMs: number;
  /** `consumer_ttl`, ms: after this long idle, a consumer that holds nothing is removed. */
  readonly consumerTtlMs: number;
}

/** What an {@link Upkeep} tells without being asked. */
export interface UpkeepEvents {
  readonly tell: TellNews;
  /** Something that only starting again can mend: another process has this one's name. */
  readonly failed: (error: ReplacedError) => void;
}

/**
 * Keeps what one consumer has on one stream: the entries in hand, so that nobody takes them over, and
 * the consumer itself, so that nobody removes it.
 */
export class Upkeep implements Periodic {
  readonly periodMs: number;
  /** When the entries in hand were last known to be ours. */
  private keptAliveAt = -Infinity;
  private refreshedAt = -Infinity;
  private cleanedAt = -Infinity;
  private failure?: string;
  private busy = false;
  private running = false;
  /** What was kept alive the last time. */
  private kept: ReadonlySet<string> = new Set();

  constructor(
    private readonly store: EventStore,
    private readonly member: Member,
    private readonly settings: UpkeepSettings,
    private readonly presence: Presence,
    private readonly held: HeldEntries,
    private readonly events: UpkeepEvents,
  ) {
    const { acknowledgementTimeoutMs, reclaimIntervalMs } = settings;
    this.periodMs = Math.min(LEASE_MS / 3, acknowledgementTimeoutMs / 3, reclaimIntervalMs);
  }

  /** From now on at regular intervals, until {@link stop}. The group exists, and the consumer is new there. */
  async start(): Promise<void> {
    this.keptAliveAt = this.refreshedAt = clock.now();
    this.running = true;
    await this.presence.join(this);
  }

  /** Stops for the time being. */
  stop(): void {
    this.running = false;
    this.presence.leave(this);
  }

  /** See `Periodic.tick`. */
  tick(): void {
    if (this.busy || !this.isDue()) return;
    this.busy = true;
    inBackground(
      () => this.work().finally(() => (this.busy = false)),
      (error) => this.report(error),
    );
  }

  /** See `Periodic.troubled`. */
  troubled(error: unknown): void {
    this.report(error);
  }

  /** Whether the entries in hand may have been taken over: this process has stood still. */
  get isOverdue(): boolean {
    return clock.now() - this.keptAliveAt >= this.settings.acknowledgementTimeoutMs;
  }

  /** Makes sure that the entries in hand are still ours. @throws TransportError */
  async keepAlive(): Promise<void> {
    const asked = clock.now();
    const held = this.held.unhandled();
    const { member, kept } = this;
    const taken = held.length > 0 ? await this.store.keepAlive(member, held, kept) : [];
    this.kept = new Set(held);
    for (const nativeId of taken.filter((id) => this.held.take(id))) {
      this.events.tell({ kind: 'taken', ref: this.member, nativeId });
    }
    this.keptAliveAt = asked;
  }

  /** Keeping house failed; told once for each reason. */
  report(error: unknown): void {
    // A lost connection the store reports itself, and the next read fails, too.
    if (error instanceof DisconnectedError) return;
    const reason = String(error);
    if (reason === this.failure) return;
    this.failure = reason;
    this.events.tell({ kind: 'upkeep_failed', ref: this.member, error });
  }

  private isDue(): boolean {
    return this.isKeepAliveDue() || this.isRefreshDue();
  }

  private isKeepAliveDue(): boolean {
    // At each tick, if need be: one that is a little early must not leave it to the next.
    const dueMs = this.settings.acknowledgementTimeoutMs / 3 - this.periodMs / 2;
    return clock.now() - this.keptAliveAt >= dueMs;
  }

  private isRefreshDue(): boolean {
    return clock.now() - this.refreshedAt >= this.settings.reclaimIntervalMs - this.periodMs / 2;
  }

  private async work(): Promise<void> {
    try {
      if (this.isKeepAliveDue()) await this.keepAlive();
      if (!this.running || !this.isRefreshDue()) return;
      this.refreshedAt = clock.now();
      await this.store.refresh(this.member);
      await this.cleanUp();
      this.failure = undefined;
    } catch (error) {
      // One that has stopped meanwhile has given its name up itself.
      if (!this.running) return;
      if (error instanceof ReplacedError) this.events.failed(error);
      else this.report(error);
    }
  }

  private async cleanUp(): Promise<void> {
    const { consumerTtlMs } = this.settings;
    if (clock.now() - this.cleanedAt < Math.min(CLEAN_UP_MS, consumerTtlMs)) return;
    this.cleanedAt = clock.now();
    await this.store.cleanUp(this.member, consumerTtlMs);
  }
}
