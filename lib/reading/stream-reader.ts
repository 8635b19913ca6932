import { DisconnectedError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { Acknowledgements } from './acknowledgements.js';
import { ConsumerUpkeep, type UpkeepEvents, type UpkeepSettings } from './consumer-upkeep.js';
import { HeldEntries } from './held-entries.js';
import type {
  ConsumerRef,
  DeadLetterReport,
  EventStore,
  GroupState,
  LeaseHolder,
  PendingEntry,
} from '../store/event-store.js';

/** How a consumer reads one stream; all from the Lightbus settings of the stream's API. */
export interface ReadSettings extends UpkeepSettings {
  /** `batch_size`: how many entries one read asks for. */
  readonly batchSize: number;
  /** `reclaim_batch_size`: how many to take over at once. */
  readonly reclaimBatchSize: number;
}

/** What a {@link StreamReader} tells without being asked. */
export interface StreamReaderEvents extends Omit<UpkeepEvents, 'replaced'> {
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
  private readonly acknowledgements: Acknowledgements;
  private failure?: { readonly error: unknown };
  private nextClaimAt = 0;
  private newestSeen = '0-0';
  /** Of the group, when it was opened. */
  private lastDeliveredId = '0-0';
  private dry = false;
  private listening?: AbortController;
  private readonly upkeep: ConsumerUpkeep;
  private claimNow = false;
  /** Of the store, when the group was opened. */
  private session = 0;

  /**
   * @param since where the group starts when it is made: `0`, `$` or an entry id.
   * @param holder this process, in the lease on the consumer's name.
   */
  constructor(
    private readonly store: EventStore,
    readonly ref: ConsumerRef,
    private readonly settings: ReadSettings,
    private readonly since: string,
    holder: LeaseHolder,
    private readonly events: StreamReaderEvents,
  ) {
    this.held = new HeldEntries(since);
    this.upkeep = new ConsumerUpkeep(store, ref, settings, holder, this.held, {
      ...events,
      lost: (nativeId) => this.lose(nativeId),
      replaced: (error) => this.fail(error),
    });
    this.acknowledgements = new Acknowledgements(store, ref, this.held, {
      ...events,
      failed: (error) => this.fail(error),
    });
  }

  /**
   * Takes the lease on the consumer's name, makes group and consumer where missing, and starts from
   * the pending list.
   *
   * @throws ProcessNameInUseError, TransportError
   */
  async open(): Promise<GroupState> {
    this.pause();
    await this.upkeep.takeLease();
    this.session = this.store.session;
    this.failure = undefined;
    this.buffer = [];
    this.held.startAgain();
    this.phase = 'pending';
    this.cursor = '0-0';
    this.dry = false;
    const group = await this.store.openGroup(this.ref, {
      since: this.since,
      position: this.held.isKnown ? this.held.restartPosition : undefined,
      newest: this.held.newest,
    });
    this.held.groupFound(group);
    this.newestSeen = this.lastDeliveredId = group.lastDeliveredId;
    this.upkeep.start();
    if (group.lost) this.events.historyLost(group.lost);
    return group;
  }

  /** Stops for good and gives the lease back. What is not acknowledged stays pending. */
  async close(): Promise<void> {
    this.pause();
    await this.upkeep.release();
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
   * @throws what the store threw since the last call, and ProcessNameInUseError; then {@link open}
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
    this.acknowledgements.send(nativeId);
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. A failure shows in the next {@link fill}. */
  deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    return this.acknowledgements.deadLetter(nativeId, report);
  }

  /**
   * Resolves when every acknowledgement is confirmed; tries again until then.
   *
   * @param signal aborted when there is no more time.
   * @throws what the store threw last, once the signal is aborted.
   */
  settle(signal: AbortSignal): Promise<void> {
    return this.acknowledgements.settle(signal, async () => {
      // A group that had vanished hands out once more what is handled; reading acknowledges it.
      if ((await this.open()).created) await this.fill();
    });
  }

  private async read(): Promise<void> {
    const { batchSize, acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    if (this.phase === 'pending') {
      const page = await this.fetch(this.store.readPending(this.ref, this.cursor, batchSize));
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
      const { ref, cursor, store } = this;
      const page = await this.fetch(
        store.claim(ref, acknowledgementTimeoutMs, cursor, reclaimBatchSize),
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
    const entries = await this.fetch(this.store.readNew(this.ref, batchSize));
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
    if (this.store.session === this.session) return;
    throw new DisconnectedError(
      `The connection to ${this.store.description} is a new one: '${this.ref.stream}' has to be opened again.`,
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
    const newest = await this.store.whenAppended(this.ref.stream, this.newestSeen, signal);
    if (signal.aborted) return;
    this.listening = undefined;
    this.see(newest);
    this.dry = false;
    this.events.news();
  }

  private pause(): void {
    this.upkeep.pause();
    this.listening?.abort();
    this.listening = undefined;
  }

  private async check(): Promise<void> {
    this.checkSession();
    await this.upkeep.ensure(this.buffer.length > 0);
  }

  private lose(nativeId: string): void {
    this.buffer = this.buffer.filter((entry) => entry.nativeId !== nativeId);
    this.events.lost(nativeId);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.events.news();
  }

  private get wantsMore(): boolean {
    return this.claimNow || (this.buffer.length === 0 && !this.dry);
  }
}
