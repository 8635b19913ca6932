import { setTimeout as delay } from 'node:timers/promises';
import { ProcessNameInUseError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { backoffMs } from './backoff.js';
import { ConsumerLease, LEASE_MS } from './consumer-lease.js';
import { HeldEntries } from './held-entries.js';
import { justBefore } from './position.js';
import {
  DisconnectedError,
  type ConsumerRef,
  type DeadLetterReport,
  type EventTransport,
  type GroupState,
  type LeaseHolder,
  type LostHistory,
  type PendingEntry,
} from './transport.js';

/** How long giving back the lease may take when this process stops, ms: it ends by itself. */
const RELEASE_MS = 1_000;

/** Longest delay between two tries to confirm the last acknowledgements, ms. */
const LONGEST_SETTLE_DELAY_MS = 1_000;

/** How many entries are kept alive with one command. */
const KEEP_ALIVE_PAGE = 1_000;

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
  /** Keeping house failed: nothing is refreshed, and no loss is noticed. Told once for each reason. */
  readonly upkeepFailed: (error: unknown) => void;
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
  /** Of the group, when it was opened. */
  private lastDeliveredId = '0-0';
  private dry = false;
  private listening?: AbortController;
  private readonly lease: ConsumerLease;
  private heartbeat?: NodeJS.Timeout;
  /** When the entries in hand were last known to be ours. */
  private keptAliveAt = 0;
  private maintainedAt = 0;
  private claimNow = false;
  private upkeepFailure?: string;
  /** Of the transport, when the group was opened. */
  private session = 0;

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
    this.session = this.transport.session;
    this.failure = undefined;
    this.buffer = [];
    this.held.startAgain();
    this.phase = 'pending';
    this.cursor = '0-0';
    this.dry = false;
    const group = await this.transport.openGroup(this.ref, {
      since: this.since,
      position: this.held.isKnown ? this.held.restartPosition : undefined,
      newest: this.held.newest,
    });
    this.held.groupFound(group);
    this.newestSeen = this.lastDeliveredId = group.lastDeliveredId;
    this.keptAliveAt = this.maintainedAt = Date.now();
    this.heartbeat = setInterval(() => void this.beat(), this.periodMs).unref();
    if (group.lost) this.events.historyLost(group.lost);
    return group;
  }

  /** Stops for good and gives the lease back. What is not acknowledged stays pending. */
  async close(): Promise<void> {
    this.pause();
    // Without a connection it can't be given back; it ends by itself.
    const released = this.lease.release().catch(() => undefined);
    await Promise.race([released, delay(RELEASE_MS, undefined, { ref: false })]);
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
    await this.check();
    while (!this.failure && this.wantsMore) await this.read();
    if (this.failure) throw this.failure.error;
    // Once more: this process may have stood still while it read.
    await this.check();
    if (this.dry) void this.listen();
  }

  /** Lets the next {@link fill} ask again: news may have been lost with a connection. */
  lookAgain(): void {
    this.dry = false;
  }

  /** Looks for entries to take over at the next {@link fill}, whatever the interval and whatever is at hand. */
  claimSoon(): void {
    this.claimNow = true;
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
    // Of one that was lost, the acknowledgement is up to the new owner, who may have our name.
    if (!this.held.holds(nativeId)) return;
    this.held.markHandled(nativeId);
    void this.track(
      this.transport.acknowledge(this.ref, [nativeId]).then((owned) => {
        this.held.release(nativeId);
        if (owned.length === 0) this.events.lost(nativeId);
      }),
    );
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. A failure shows in the next {@link fill}. */
  async deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    const held = this.held.holds(nativeId);
    await this.track(
      this.transport.deadLetter(this.ref, nativeId, report).then((moved) => {
        this.held.release(nativeId);
        if (!moved && held) this.events.lost(nativeId);
        // Never held: its data is gone. If it was not moved, another consumer has done and told that.
        if (moved && !held) {
          this.events.historyLost({ after: justBefore(nativeId), until: nativeId });
        }
      }),
    );
  }

  /**
   * Resolves when every acknowledgement is confirmed; tries again until then.
   *
   * @param signal aborted when there is no more time.
   * @throws what the transport threw last, once the signal is aborted.
   */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.inFlight.size > 0) await orAborted(Promise.all(this.inFlight), signal);
    for (let failures = 0; this.held.unconfirmed().length > 0;) {
      try {
        await orAborted(this.confirm(failures > 0), signal);
      } catch (error) {
        const waitMs = backoffMs(++failures, 50, LONGEST_SETTLE_DELAY_MS);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  private async confirm(again: boolean): Promise<void> {
    // A group that had vanished hands out once more what is handled; reading acknowledges it.
    if (again && (await this.open()).created) await this.fill();
    await Promise.all(this.inFlight);
    const unconfirmed = this.held.unconfirmed();
    await this.transport.acknowledge(this.ref, unconfirmed);
    unconfirmed.forEach((nativeId) => this.held.release(nativeId));
  }

  private async read(): Promise<void> {
    const { batchSize, acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    if (this.phase === 'pending') {
      const page = await this.fetch(this.transport.readPending(this.ref, this.cursor, batchSize));
      const last = page.at(-1);
      if (last) {
        this.cursor = last.nativeId;
        this.keep(page);
        return;
      }
      this.held.pendingKnown(this.lastDeliveredId);
      this.enterClaim();
    }
    if (this.phase === 'new' && this.untilClaimMs === 0) this.enterClaim();
    if (this.phase === 'claim') {
      const { ref, cursor, transport } = this;
      const page = await this.fetch(
        transport.claim(ref, acknowledgementTimeoutMs, cursor, reclaimBatchSize),
      );
      const atHand = new Set(this.buffer.map(({ nativeId }) => nativeId));
      this.keep(page.entries.filter(({ nativeId }) => !atHand.has(nativeId)));
      this.buffer.sort((a, b) => compareEntryIds(a.nativeId, b.nativeId));
      if (page.next !== null) {
        this.cursor = page.next;
        return;
      }
      this.phase = 'new';
      this.nextClaimAt = Date.now() + this.settings.reclaimIntervalMs;
      this.claimNow = false;
      if (this.buffer.length > 0) return;
    }
    const entries = await this.fetch(this.transport.readNew(this.ref, batchSize));
    this.see(entries.at(-1)?.nativeId);
    this.dry = entries.length === 0;
    this.keep(entries);
  }

  /** Entries that came over another connection than the group was opened on stay pending. */
  private async fetch<T>(call: Promise<T>): Promise<T> {
    const reply = await call;
    this.checkSession();
    return reply;
  }

  private checkSession(): void {
    if (this.transport.session === this.session) return;
    throw new DisconnectedError(
      `The connection to ${this.transport.description} is a new one: '${this.ref.stream}' has to be opened again.`,
    );
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
      await this.takeLease();
      // At each beat, if need be: one that is a little early must not leave it to the next.
      const due = this.settings.acknowledgementTimeoutMs / 3 - this.periodMs / 2;
      if (now - this.keptAliveAt >= due) {
        await this.keepAlive();
      }
      // A quiet consumer's idle time stays below the interval.
      if (now - this.maintainedAt >= this.settings.reclaimIntervalMs - this.periodMs) {
        const { consumerTtlMs } = this.settings;
        const lost = await this.transport.maintain(this.ref, consumerTtlMs, this.held.newest);
        this.maintainedAt = now;
        if (lost) {
          this.held.forgetAfter(lost);
          this.events.historyLost(lost);
        }
        this.upkeepFailure = undefined;
      }
    } catch (error) {
      // A lost connection or group: the next read fails too, reports it and starts again. But nothing
      // else would notice that another process, while this one was stopped, has taken its name.
      if (error instanceof ProcessNameInUseError) this.fail(error);
      else if (!(error instanceof DisconnectedError)) this.reportUpkeep(error);
    }
  }

  private reportUpkeep(error: unknown): void {
    const reason = String(error);
    if (reason === this.upkeepFailure) return;
    this.upkeepFailure = reason;
    this.events.upkeepFailed(error);
  }

  /** Makes sure that what is at hand is still ours: this process may have stood still. */
  private async check(): Promise<void> {
    this.checkSession();
    if (!this.lease.isSure) await this.takeLease();
    const isOld = Date.now() - this.keptAliveAt >= this.settings.acknowledgementTimeoutMs;
    if (isOld && this.buffer.length > 0) await this.keepAlive();
  }

  private async takeLease(): Promise<void> {
    try {
      await this.lease.take();
    } catch (error) {
      // Under our name, the other process has been given all that was ours.
      if (error instanceof ProcessNameInUseError) this.lose(this.held.unhandled());
      throw error;
    }
  }

  private async keepAlive(): Promise<void> {
    const now = Date.now();
    const asked = this.held.unhandled();
    if (asked.length > 0) {
      const owned = new Set<string>();
      for (let i = 0; i < asked.length; i += KEEP_ALIVE_PAGE) {
        const page = asked.slice(i, i + KEEP_ALIVE_PAGE);
        for (const id of await this.transport.keepAlive(this.ref, page)) owned.add(id);
      }
      this.lose(asked.filter((id) => !owned.has(id)));
    }
    this.keptAliveAt = now;
  }

  private lose(nativeIds: readonly string[]): void {
    for (const id of nativeIds) {
      if (!this.held.lose(id)) continue;
      this.buffer = this.buffer.filter(({ nativeId }) => nativeId !== id);
      this.events.lost(id);
    }
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.events.news();
  }

  private get periodMs(): number {
    const { acknowledgementTimeoutMs, reclaimIntervalMs } = this.settings;
    return Math.min(LEASE_MS / 3, acknowledgementTimeoutMs / 3, reclaimIntervalMs);
  }

  private get wantsMore(): boolean {
    return this.claimNow || (this.buffer.length === 0 && !this.dry);
  }
}

/** Waits for it no longer than until the signal is aborted. */
async function orAborted<T>(operation: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([operation, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
