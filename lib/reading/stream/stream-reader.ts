import type { ClaimedPage, Member, PendingEntry } from '../../store/consumer-groups.js';
import type { DeadLetterReport, StreamNews } from '../../store/event-store.js';
import type { GroupState } from '../../store/group-state.js';
import { AtHand } from './at-hand.js';
import { Membership, type GivenEntries, type ReaderPlace } from '../membership/membership.js';
import { PageSize } from './page-size.js';
import { Prospects } from './prospects.js';
import { checkPhases, type Phase } from './reader-phase.js';
import type { TellNews } from '../reading-news.js';
import type { SharedReading } from '../shared-reading.js';
import type { ReadSettings } from '../stream-source.js';

/** What a {@link StreamReader} tells without being asked, and what it asks. */
export interface StreamReaderEvents {
  readonly tell: TellNews;
  /** A reader that had nothing may have something: {@link StreamReader.fill} it. */
  readonly wake: () => void;
  /** Entries were taken over: see `Interruptions.countTaken`. */
  readonly countTaken: (page: ClaimedPage) => Promise<readonly PendingEntry[]>;
}

/**
 * Reads one stream for one consumer, one page at a time: the next is fetched when the one before has been
 * handed out. Remembers what is not acknowledged yet, and keeps it from being taken over.
 */
export class StreamReader {
  private phase: Phase = 'closed';
  private cursor = '0-0';
  private readonly atHand = new AtHand();
  private readonly membership: Membership;
  private readonly pageSize: PageSize;
  private readonly prospects: Prospects;
  /** Of the group, when it was opened. */
  private lastDeliveredId = '0-0';
  private stopListening?: () => void;

  constructor(
    readonly place: ReaderPlace,
    private readonly settings: ReadSettings,
    shared: SharedReading,
    private readonly events: StreamReaderEvents,
  ) {
    this.pageSize = new PageSize(place.member.stream);
    this.prospects = new Prospects(settings.reclaimIntervalMs);
    this.membership = new Membership(place, settings, shared, {
      tell: (news) => {
        if (news.kind === 'taken') this.atHand.drop(news.nativeId);
        events.tell(news);
      },
      wake: () => (this.prospects.isDry ? this.hear('appended') : events.wake()),
    });
  }

  /** Who reads. */
  get member(): Member {
    return this.place.member;
  }

  /** Whether {@link open} has ever succeeded. */
  get wasOpened(): boolean {
    return this.membership.held.isKnown;
  }

  /**
   * Takes the consumer's name, makes group and consumer where missing, and starts from the pending list.
   *
   * @throws ProcessNameInUseError, GroupNameInUseError, TransportError
   */
  async open(): Promise<GroupState> {
    const { store, member } = this.place;
    this.forgetAtHand();
    const group = await this.membership.open();
    this.lastDeliveredId = group.lastDeliveredId;
    this.cursor = '0-0';
    this.prospects.startAgain();
    this.enter('pending');
    this.stopListening ??= store.listen(member.stream, (news) => this.hear(news));
    return group;
  }

  /** Stops for good: see {@link Membership.close}. */
  async close(given?: GivenEntries): Promise<void> {
    this.forgetAtHand();
    this.stopListening?.();
    this.stopListening = undefined;
    await this.membership.close(given);
  }

  /** The oldest entry at hand. Fetch more with {@link fill}. */
  get head(): PendingEntry | undefined {
    return this.atHand.head;
  }

  /** Hands out {@link head}. The entry is ours until it is acknowledged. */
  take(): PendingEntry | undefined {
    return this.atHand.take();
  }

  /** Whether {@link fill} has nothing to fetch, nothing to ask and nothing to throw. */
  get isSettled(): boolean {
    return !this.isClosed && !this.wantsMore && this.isChecked;
  }

  /**
   * Fetches entries if none is at hand. Finding none, it does not ask again before there is news. Not to
   * be called while a call is under way.
   *
   * @throws what the store threw since the last call, and ProcessNameInUseError; then {@link open}
   *   again.
   */
  async fill(): Promise<void> {
    if (this.isClosed) throw new Error('A reader that is closed was read from.');
    try {
      if (!this.isChecked) await this.check();
      while (!this.membership.hasFailed && this.wantsMore) await this.read();
      // Once more: this process may have stood still while it read.
      if (!this.isClosed && !this.isChecked) await this.check();
    } catch (error) {
      this.forgetAtHand();
      throw error;
    }
  }

  /** Looks for entries to take over at the next {@link fill}, whatever the interval and whatever is at hand. */
  claimSoon(): void {
    this.hear('handed_back');
  }

  /** Whether a {@link fill} may find something, or fail. */
  get hasNews(): boolean {
    return !this.prospects.isDry || this.membership.hasFailed || this.untilClaimMs === 0;
  }

  /** Milliseconds until the next look for timed-out entries. */
  get untilClaimMs(): number {
    return this.prospects.untilClaimMs;
  }

  /** The entry is handled. Its acknowledgement leaves with the next read or {@link flush}, or soon. */
  acknowledge(nativeId: string): void {
    this.membership.acknowledgements.add(nativeId);
  }

  /** Sends the acknowledgements that wait for the next read. */
  flush(): void {
    this.membership.acknowledgements.flush();
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. A failure shows in the next {@link fill}. */
  deadLetter(nativeId: string, report: DeadLetterReport): Promise<string | null> {
    return this.membership.acknowledgements.deadLetter(nativeId, report);
  }

  /** See {@link Membership.recordAttempts}. */
  recordAttempts(...record: Parameters<Membership['recordAttempts']>): Promise<void> {
    return this.membership.recordAttempts(...record);
  }

  /**
   * Resolves when every acknowledgement is confirmed; tries again until then.
   *
   * @param signal aborted when there is no more time.
   * @throws what the store threw last, once the signal is aborted.
   */
  settle(signal: AbortSignal): Promise<void> {
    return this.membership.acknowledgements.settle(signal, async () => {
      // A group that had vanished hands out once more what is handled; reading acknowledges it.
      if ((await this.open()).created) await this.fill();
    });
  }

  private read(): Promise<void> {
    if (this.phase === 'new' && this.untilClaimMs === 0) this.enter('claiming');
    if (this.phase === 'pending') return this.readPending();
    return this.phase === 'claiming' ? this.claim() : this.readNew();
  }

  private async readPending(): Promise<void> {
    const { store, member } = this.place;
    const page = await this.fetch(this.settings.batchSize, (count) =>
      store.readPending(member, this.cursor, count),
    );
    if (this.isClosed) return;
    this.membership.keep(page).forEach((entry) => this.atHand.addOld(entry));
    const last = page.at(-1);
    if (last) {
      this.cursor = last.nativeId;
      return;
    }
    this.membership.held.pendingKnown(this.lastDeliveredId);
    this.enter('claiming');
  }

  private async claim(): Promise<void> {
    const { store, member } = this.place;
    const { acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    let next: string | null = null;
    const page = await this.fetch(reclaimBatchSize, async (count) => {
      const claimed = await store.claim(member, acknowledgementTimeoutMs, this.cursor, count);
      next = claimed.next;
      return this.events.countTaken(claimed);
    });
    if (this.isClosed) return;
    // What is in hand and had no sign of life for too long is ours all the same.
    const taken = page.filter(({ nativeId }) => !this.membership.held.holds(nativeId));
    this.membership.keep(taken).forEach((entry) => this.atHand.addOld(entry));
    if (next !== null) this.cursor = next;
    else this.enter(this.prospects.wantsClaimAgain ? 'claiming' : 'new');
  }

  private async readNew(): Promise<void> {
    const { store, member } = this.place;
    this.prospects.readBegins();
    const page = await this.fetch(this.settings.batchSize, (count) => store.readNew(member, count));
    if (this.isClosed) return;
    this.membership.keep(page).forEach((entry) => this.atHand.addNew(entry));
    this.prospects.readEnded(page.length === 0);
  }

  /** One page; what is handled is acknowledged in the same write. */
  private async fetch(
    most: number,
    call: (count: number) => Promise<readonly PendingEntry[]>,
  ): Promise<readonly PendingEntry[]> {
    this.membership.acknowledgements.flush();
    const count = this.pageSize.next(most);
    // In the same turn as the call: a read asks nobody whether the name is still ours.
    this.membership.checkSession();
    try {
      const page = await call(count);
      // Entries that came over another connection than the group was opened on stay pending.
      this.membership.checkSession();
      this.pageSize.arrived(page);
      return page;
    } catch (error) {
      throw this.pageSize.failed(count, error);
    }
  }

  private enter(phase: Phase): void {
    checkPhases(this.phase, phase);
    if (phase === 'claiming') {
      this.cursor = '-';
      this.prospects.claimBegins();
    }
    if (phase === 'new') this.prospects.claimEnded();
    this.phase = phase;
  }

  private hear(news: StreamNews | 'sent'): void {
    this.prospects.hear(news);
    this.events.wake();
  }

  private get isClosed(): boolean {
    return this.phase === 'closed';
  }

  /** Reads no more; what was fetched and not handed out is still ours. */
  private forgetAtHand(): void {
    this.enter('closed');
    this.membership.suspend();
    this.atHand.clear();
  }

  private check(): Promise<void> {
    return this.membership.check(this.head !== undefined);
  }

  /** Whether {@link check} has nothing to ask and nothing to throw. */
  private get isChecked(): boolean {
    return this.membership.isSettled(this.head !== undefined);
  }

  private get wantsMore(): boolean {
    if (this.isClosed) return false;
    if (this.phase !== 'new' || this.untilClaimMs === 0) return this.atHand.hasNoOld;
    return this.atHand.isEmpty && !this.prospects.isDry;
  }
}
