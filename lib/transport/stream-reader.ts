import { compareEntryIds } from '../wire/entry-id.js';
import { ProcessNameInUseError } from '../errors.js';
import { ConsumerLease, LEASE_MS } from './consumer-lease.js';
import { HeldEntries } from './held-entries.js';
import type {
  ConsumerRef,
  DeadLetterReport,
  EventTransport,
  GroupState,
  LeaseHolder,
  LostHistory,
  PendingEntry,
} from './transport.js';

/** How a consumer reads one stream; all from the Lightbus settings of the stream's API. */
export interface ReadSettings {
  /** `batch_size`: how many entries one read asks for. */
  readonly batchSize: number;
  /** `acknowledgement_timeout`, ms: after this long idle an entry may be taken over. */
  readonly acknowledgementTimeoutMs: number;
  /** `reclaim_interval`, ms: how often to look for such entries. */
  readonly reclaimIntervalMs: number;
  /** `reclaim_batch_size`: how many to take over at once. */
  readonly reclaimBatchSize: number;
  /** `consumer_ttl`, ms: after this long idle, a consumer that holds nothing is removed. */
  readonly consumerTtlMs: number;
}

/** What a {@link StreamReader} tells without being asked. */
export interface StreamReaderEvents {
  /** An entry that this consumer held was taken over by another one. */
  readonly lost: (nativeId: string) => void;
  /** Entries have vanished that the group was never given. */
  readonly historyLost: (lost: LostHistory) => void;
  /** A reader that had nothing may have something: {@link StreamReader.fill} it. */
  readonly news: () => void;
}

/**
 * Reads one stream for one consumer, in this order: the consumer's own pending entries, then entries
 * that timed out with other consumers, then new ones. Remembers what is not acknowledged yet, keeps
 * it from being taken over, and after a failure starts again from the pending list, which knows.
 */
export class StreamReader {
  private phase: 'pending' | 'claim' | 'new' = 'pending';
  private cursor = '0-0';
  private buffer: PendingEntry[] = [];
  private readonly held: HeldEntries;
  private readonly inFlight = new Set<Promise<void>>();
  private failure?: { readonly error: unknown };
  private nextClaimAt = 0;
  private newestSeen = '0-0';
  private dry = false;
  private listening?: AbortController;
  private readonly lease: ConsumerLease;
  private heartbeat?: NodeJS.Timeout;
  private keptAliveAt = 0;
  private maintainedAt = 0;

  /**
   * @param since where the group starts when it is made: `0`, `$` or an entry id.
   * @param holder this process, in the lease on the consumer's name.
   */
  constructor(
    private readonly transport: EventTransport,
    readonly ref: ConsumerRef,
    private readonly settings: ReadSettings,
    private readonly since: string,
    holder: LeaseHolder,
    private readonly events: StreamReaderEvents,
  ) {
    this.held = new HeldEntries(since);
    this.lease = new ConsumerLease(transport, ref, holder);
  }

  /**
   * Takes the lease on the consumer's name, makes group and consumer where missing, and starts from
   * the pending list.
   *
   * @throws ProcessNameInUseError, TransportError
   */
  async open(): Promise<GroupState> {
    this.pause();
    await this.lease.take();
    this.failure = undefined;
    this.buffer = [];
    this.held.startAgain();
    this.phase = 'pending';
    this.cursor = '0-0';
    this.dry = false;
    const group = await this.transport.openGroup(this.ref, {
      since: this.since,
      position: this.held.isKnown ? this.held.restartPosition : undefined,
    });
    this.held.groupFound(group.created, group.lastDeliveredId);
    this.newestSeen = group.lastDeliveredId;
    this.keptAliveAt = this.maintainedAt = Date.now();
    const period = Math.min(LEASE_MS, this.settings.acknowledgementTimeoutMs) / 3;
    this.heartbeat = setInterval(() => void this.beat(), period).unref();
    if (group.lost) this.events.historyLost(group.lost);
    return group;
  }

  /** Stops for good and gives the lease back. What is not acknowledged stays pending. */
  async close(): Promise<void> {
    this.pause();
    await this.lease.release();
  }

  /** The oldest entry at hand. Fetch more with {@link fill}. */
  get head(): PendingEntry | undefined {
    return this.buffer[0];
  }

  /** Hands out {@link head}. The entry is ours until it is acknowledged. */
  take(): PendingEntry | undefined {
    return this.buffer.shift();
  }

  /**
   * Fetches entries if none is at hand. Finding none, it waits in the background, and does not ask
   * again before there is news.
   *
   * @throws what the transport threw since the last call, and ProcessNameInUseError; then {@link open}
   *   again.
   */
  async fill(): Promise<void> {
    if (this.untilClaimMs === 0) this.dry = false;
    await this.lease.check();
    while (!this.failure && this.buffer.length === 0 && !this.dry) await this.read();
    if (this.failure) throw this.failure.error;
    // Once more: this process may have stood still while it read.
    await this.lease.check();
    if (this.dry) void this.listen();
  }

  /** Lets the next {@link fill} ask again: news may have been lost with a connection. */
  lookAgain(): void {
    this.dry = false;
  }

  /** Looks for entries to take over at the next {@link fill}, whatever the interval. */
  claimSoon(): void {
    this.nextClaimAt = 0;
    this.dry = false;
    this.events.news();
  }

  /** Whether {@link open} has ever succeeded. */
  get wasOpened(): boolean {
    return this.held.isKnown;
  }

  /** Whether a {@link fill} may find something, or fail. */
  get hasNews(): boolean {
    return !this.dry || this.failure !== undefined;
  }

  /** Milliseconds until the next look for timed-out entries. */
  get untilClaimMs(): number {
    return Math.max(0, this.nextClaimAt - Date.now());
  }

  /** Sends the acknowledgement without waiting: it shares its round trip with the next read. */
  acknowledge(nativeId: string): void {
    const held = this.held.holds(nativeId);
    this.held.markHandled(nativeId);
    void this.track(
      this.transport.acknowledge(this.ref, [nativeId]).then((owned) => {
        this.held.release(nativeId);
        // Unless keeping it alive has found that out before.
        if (owned.length === 0 && held) this.events.lost(nativeId);
      }),
    );
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. A failure shows in the next {@link fill}. */
  async deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    const held = this.held.holds(nativeId);
    await this.track(
      this.transport.deadLetter(this.ref, nativeId, report).then((moved) => {
        this.held.release(nativeId);
        // One whose data is gone was never held: another consumer has set it aside, and that is all.
        if (!moved && held) this.events.lost(nativeId);
      }),
    );
  }

  /** Resolves when every acknowledgement is confirmed. @throws what the transport throws at the second try. */
  async settle(): Promise<void> {
    await Promise.all(this.inFlight);
    const unconfirmed = this.held.unconfirmed();
    if (unconfirmed.length === 0) return;
    await this.transport.acknowledge(this.ref, unconfirmed);
    unconfirmed.forEach((nativeId) => this.held.release(nativeId));
  }

  private async read(): Promise<void> {
    const { batchSize, acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    if (this.phase === 'pending') {
      const page = await this.transport.readPending(this.ref, this.cursor, batchSize);
      const last = page.at(-1);
      if (last) {
        this.cursor = last.nativeId;
        this.keep(page);
        return;
      }
      this.enterClaim();
    }
    if (this.phase === 'new' && this.untilClaimMs === 0) this.enterClaim();
    if (this.phase === 'claim') {
      const { ref, cursor, transport } = this;
      const page = await transport.claim(ref, acknowledgementTimeoutMs, cursor, reclaimBatchSize);
      this.keep(page.entries);
      if (page.next !== null) {
        this.cursor = page.next;
        return;
      }
      this.phase = 'new';
      this.nextClaimAt = Date.now() + this.settings.reclaimIntervalMs;
      if (page.entries.length > 0) return;
    }
    const entries = await this.transport.readNew(this.ref, batchSize);
    this.see(entries.at(-1)?.nativeId);
    this.dry = entries.length === 0;
    this.keep(entries);
  }

  private enterClaim(): void {
    this.phase = 'claim';
    this.cursor = '-';
  }

  private keep(entries: readonly PendingEntry[]): void {
    for (const entry of entries) {
      // One whose data is gone is not ours to keep alive: it stays with whoever owned it.
      if (entry.fields) this.held.hold(entry.nativeId);
      if (this.held.isHandled(entry.nativeId)) this.acknowledge(entry.nativeId);
      else this.buffer.push(entry);
    }
  }

  private see(nativeId = '0-0'): void {
    if (compareEntryIds(nativeId, this.newestSeen) > 0) this.newestSeen = nativeId;
  }

  private async listen(): Promise<void> {
    if (this.listening) return;
    const listening = (this.listening = new AbortController());
    const { signal } = listening;
    const newest = await this.transport.whenAppended(this.ref.stream, this.newestSeen, signal);
    if (signal.aborted) return;
    this.listening = undefined;
    this.see(newest);
    this.dry = false;
    this.events.news();
  }

  private async track(operation: Promise<void>): Promise<void> {
    const tracked = operation
      .catch((error: unknown) => {
        // The next fill reports it, and starting again from the pending list repeats it.
        this.fail(error);
      })
      .finally(() => this.inFlight.delete(tracked));
    this.inFlight.add(tracked);
    await tracked;
  }

  private pause(): void {
    clearInterval(this.heartbeat);
    this.listening?.abort();
    this.listening = undefined;
  }

  private async beat(): Promise<void> {
    const now = Date.now();
    try {
      await this.lease.take();
      if (now - this.keptAliveAt >= this.settings.acknowledgementTimeoutMs / 3) {
        this.keptAliveAt = now;
        await this.keepAlive();
      }
      if (now - this.maintainedAt >= this.settings.reclaimIntervalMs) {
        this.maintainedAt = now;
        const lost = await this.transport.maintain(this.ref, this.settings.consumerTtlMs);
        if (lost) this.events.historyLost(lost);
      }
    } catch (error) {
      // A lost connection or group: the next read fails too, reports it and starts again. But nothing
      // else would notice that another process, while this one was stopped, has taken its name.
      if (error instanceof ProcessNameInUseError) this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.events.news();
  }

  private async keepAlive(): Promise<void> {
    const asked = this.held.unhandled();
    if (asked.length === 0) return;
    const owned = new Set(await this.transport.keepAlive(this.ref, asked));
    for (const id of asked) {
      if (owned.has(id) || !this.held.lose(id)) continue;
      this.buffer = this.buffer.filter(({ nativeId }) => nativeId !== id);
      this.events.lost(id);
    }
  }
}
