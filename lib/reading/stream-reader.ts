import { setTimeout as delay } from 'node:timers/promises';
import { replaced, ReplacedError } from '../store/consumer-groups.js';
import type {
  GroupOwner,
  GroupState,
  Member,
  PendingEntry,
  StreamFacts,
  VanishedHistory,
} from '../store/consumer-groups.js';
import type { DeadLetterReport, EventStore, StreamNews } from '../store/event-store.js';
import { clock } from '../timing/clock.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { AtHand } from './at-hand.js';
import { Acknowledgements } from './acknowledgements.js';
import { HeldEntries } from './held-entries.js';
import { LossWatch } from './loss-watch.js';
import { checkPhases, type Phase } from './reader-phase.js';
import { PageSize } from './page-size.js';
import type { Presence } from './presence.js';
import type { SharedReading } from './shared-reading.js';
import type { Observer, StreamWatch } from './stream-watch.js';
import { Tenure } from './tenure.js';
import { Upkeep, type UpkeepEvents, type UpkeepSettings } from './upkeep.js';

/** How long handing back may take when this process stops, ms. */
const RELEASE_MS = 1_000;

/** How a consumer reads one stream; all from the Lightbus settings of the stream's API. */
export interface ReadSettings extends UpkeepSettings {
  /** `batch_size`: how many entries one read asks for at most. */
  readonly batchSize: number;
  /** `reclaim_batch_size`: how many to take over at once at most. */
  readonly reclaimBatchSize: number;
}

/** What a {@link StreamReader} tells without being asked. */
export interface StreamReaderEvents extends Pick<UpkeepEvents, 'taken' | 'upkeepFailed'> {
  /** Entries have vanished that the group was never given. */
  readonly vanished: (range: VanishedHistory) => void;
  /** A reader that had nothing may have something: {@link StreamReader.fill} it. */
  readonly news: () => void;
}

/** What one reader reads, and for whom. */
export interface ReaderPlace {
  readonly store: EventStore;
  readonly member: Member;
  /** Where the group starts when it is made: `0`, `$` or an entry id. */
  readonly since: string;
  readonly owner?: GroupOwner;
}

/**
 * Reads one stream for one consumer, one page at a time: the next is fetched when the one before has been
 * handed out. Remembers what is not acknowledged yet, and keeps it from being taken over.
 */
export class StreamReader implements Observer {
  private phase: Phase = 'closed';
  private cursor = '0-0';
  private readonly atHand = new AtHand();
  private readonly held: HeldEntries;
  private readonly acknowledgements: Acknowledgements;
  private readonly presence: Presence;
  private readonly watch: StreamWatch;
  private readonly upkeep: Upkeep;
  private readonly losses: LossWatch;
  private readonly tenure: Tenure;
  private readonly pageSize: PageSize;
  private failure?: { readonly error: unknown };
  private nextClaimAt = 0;
  /** Something may have been handed back since the look for timed-out entries began. */
  private claimAgain = false;
  /** Of the group, when it was opened. */
  private lastDeliveredId = '0-0';
  /** The last read found nothing, and nothing was told since. */
  private dry = false;
  /** How many entries the stream was last seen to have been given in all. */
  private added = 0;
  /** Something was told since the last read began. */
  private told = false;
  private stopListening?: () => void;

  constructor(
    private readonly place: ReaderPlace,
    private readonly settings: ReadSettings,
    shared: SharedReading,
    private readonly events: StreamReaderEvents,
  ) {
    const { store, member, since } = place;
    this.held = new HeldEntries(since);
    this.presence = shared.presenceIn(store);
    this.tenure = new Tenure(store, member, this.presence);
    this.pageSize = new PageSize(member.stream);
    this.watch = shared.watchOf(store, member.stream, settings.reclaimIntervalMs);
    this.upkeep = new Upkeep(store, member, settings, this.presence, this.held, {
      taken: (nativeId) => this.lose(nativeId),
      upkeepFailed: events.upkeepFailed,
      failed: (error) => this.fail(error),
    });
    this.losses = new LossWatch(store, member, (range) => {
      this.held.forgetAfter(range);
      events.vanished(range);
    });
    this.acknowledgements = new Acknowledgements(store, member, this.held, {
      taken: events.taken,
      vanished: events.vanished,
      failed: (error) => this.fail(error),
    });
  }

  /** The consumer group. */
  get group(): string {
    return this.place.member.group;
  }

  /** Who reads. */
  get member(): Member {
    return this.place.member;
  }

  /** Whether {@link open} has ever succeeded. */
  get wasOpened(): boolean {
    return this.held.isKnown;
  }

  /**
   * Takes the consumer's name, makes group and consumer where missing, and starts from the pending list.
   *
   * @throws ProcessNameInUseError, GroupNameInUseError, TransportError
   */
  async open(): Promise<GroupState> {
    const { store, member, since, owner } = this.place;
    this.forgetAtHand();
    await this.presence.join(this.upkeep);
    this.tenure.begin();
    this.added = 0;
    this.acknowledgements.startAgain();
    const group = await store.openGroup(member, {
      since,
      position: this.held.isKnown ? this.held.restartPosition : undefined,
      newest: this.held.newest,
      owner,
    });
    // Not earlier: until then, what is in hand is to be kept alive, or to be handed back.
    this.held.startAgain();
    this.failure = undefined;
    this.held.groupFound(group);
    this.lastDeliveredId = group.lastDeliveredId;
    this.cursor = '0-0';
    this.dry = false;
    this.enter('pending');
    this.stopListening ??= store.listen(member.stream, (news) => this.hear(news));
    await Promise.all([this.upkeep.start(), this.watch.join(this)]);
    if (group.lost) this.events.vanished(group.lost);
    // What is counted, and what is judged, are two looks: another worker may have read in between.
    const position = group.facts?.groups.get(this.group)?.position;
    const isAhead = group.created && position === group.lastDeliveredId;
    if (group.facts) await this.judge(group.facts, isAhead ? group.ahead : null);
    return group;
  }

  /**
   * Stops for good, gives the name up, and hands back what was fetched and not begun.
   *
   * @param running entries whose handlers may still be running: these stay pending, and the name stays
   *   taken as long as this process lives, so that nobody begins them beside it.
   */
  async close(running: readonly string[]): Promise<void> {
    const { store, member } = this.place;
    this.forgetAtHand();
    this.upkeep.stop();
    this.watch.leave(this);
    this.stopListening?.();
    this.stopListening = undefined;
    if (this.wasOpened) {
      // Without a connection the name is free once this process gives no sign of life any more.
      const ids = this.held.unhandled().filter((id) => !running.includes(id));
      const handedBack = store.handBack(member, ids, running.length > 0);
      const timeout = delay(RELEASE_MS, undefined, { ref: false });
      await Promise.race([handedBack.catch(() => undefined), timeout]);
    }
  }

  /** The oldest entry at hand. Fetch more with {@link fill}. */
  get head(): PendingEntry | undefined {
    return this.atHand.head;
  }

  /** Hands out {@link head}. The entry is ours until it is acknowledged. */
  take(): PendingEntry | undefined {
    return this.atHand.take();
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
      await this.acknowledgements.confirmAttempted();
      await this.check();
      while (!this.failure && this.wantsMore) await this.read();
      // Once more: this process may have stood still while it read.
      if (!this.isClosed) await this.check();
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
    return !this.dry || this.failure !== undefined || this.untilClaimMs === 0;
  }

  /** Milliseconds until the next look for timed-out entries. */
  get untilClaimMs(): number {
    return Math.max(0, this.nextClaimAt - clock.now());
  }

  /** The entry is handled. Its acknowledgement leaves with the next read, or soon. */
  acknowledge(nativeId: string): void {
    this.acknowledgements.add(nativeId);
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. A failure shows in the next {@link fill}. */
  deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    return this.acknowledgements.deadLetter(nativeId, report);
  }

  /** Records how many attempts to handle an entry have failed: they count after a restart, too. */
  async recordAttempts(nativeId: string, attempts: number): Promise<void> {
    const { store, member } = this.place;
    this.held.markAttempted(nativeId);
    // If it fails, so does what comes next, and that is told.
    await store.recordAttempts(member, nativeId, attempts).catch(() => undefined);
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

  /** See `Observer.observe`: finds what a bell has missed, and what has vanished. */
  observe(facts: StreamFacts | null): void {
    // What comes over another connection may be of another stream: opening the group finds that out.
    if (this.isClosed || !this.tenure.isSameSession) return;
    const group = facts?.groups.get(this.group);
    if (!facts || !group) {
      // The next read says so.
      this.hear('appended');
      return;
    }
    // The counter of a stream never falls: this is another one.
    if (facts.added < this.added) {
      this.fail(replaced(this.member));
      return;
    }
    this.added = facts.added;
    if (facts.added > 0) this.held.seen(facts.last);
    if (this.dry && compareEntryIds(facts.last, group.position) > 0) this.hear('appended');
    void this.judge(facts, null);
  }

  /** See `Observer.unobserved`. */
  unobserved(error: unknown): void {
    this.upkeep.report(error);
  }

  private async read(): Promise<void> {
    if (this.phase === 'new' && this.untilClaimMs === 0) this.enter('claiming');
    if (this.phase === 'pending') await this.readPending();
    else if (this.phase === 'claiming') await this.claim();
    else if (this.phase === 'new') await this.readNew();
  }

  private async readPending(): Promise<void> {
    const { store, member } = this.place;
    const page = await this.fetch(this.settings.batchSize, (count) =>
      store.readPending(member, this.cursor, count),
    );
    if (this.isClosed) return;
    this.keep(page).forEach((entry) => this.atHand.addOld(entry));
    const last = page.at(-1);
    if (last) {
      this.cursor = last.nativeId;
      return;
    }
    this.held.pendingKnown(this.lastDeliveredId);
    this.enter('claiming');
  }

  private async claim(): Promise<void> {
    const { store, member } = this.place;
    const { acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    let next: string | null = null;
    const page = await this.fetch(reclaimBatchSize, async (count) => {
      const claimed = await store.claim(member, acknowledgementTimeoutMs, this.cursor, count);
      next = claimed.next;
      return claimed.entries;
    });
    if (this.isClosed) return;
    // What is in hand and had no sign of life for too long is ours all the same.
    const taken = page.filter(({ nativeId }) => !this.held.holds(nativeId));
    this.keep(taken).forEach((entry) => this.atHand.addOld(entry));
    if (next !== null) this.cursor = next;
    else this.enter(this.claimAgain ? 'claiming' : 'new');
  }

  private async readNew(): Promise<void> {
    const { store, member } = this.place;
    this.told = false;
    const page = await this.fetch(this.settings.batchSize, (count) => store.readNew(member, count));
    if (this.isClosed) return;
    this.keep(page).forEach((entry) => this.atHand.addNew(entry));
    this.dry = page.length === 0 && !this.told;
  }

  /** One page; what is handled is acknowledged in the same write. */
  private async fetch(
    most: number,
    call: (count: number) => Promise<readonly PendingEntry[]>,
  ): Promise<readonly PendingEntry[]> {
    this.acknowledgements.flush();
    const count = this.pageSize.next(most);
    try {
      const page = await call(count);
      // Entries that came over another connection than the group was opened on stay pending.
      this.tenure.checkSession();
      this.pageSize.arrived(page);
      return page;
    } catch (error) {
      throw this.pageSize.failed(count, error);
    }
  }

  private enter(phase: Phase): void {
    checkPhases(this.phase, phase);
    if (phase === 'claiming') [this.cursor, this.claimAgain] = ['-', false];
    if (phase === 'new') this.nextClaimAt = clock.now() + this.settings.reclaimIntervalMs;
    this.phase = phase;
  }

  /** What of a page is ours is kept. @returns what is to be handled. */
  private keep(page: readonly PendingEntry[]): PendingEntry[] {
    return page.filter((entry) => {
      const isHandled = this.held.isHandled(entry.nativeId);
      // One whose data is gone is not ours to keep alive: it stays with whoever owned it.
      if (entry.fields || isHandled) this.held.hold(entry);
      if (isHandled) this.acknowledge(entry.nativeId);
      return !isHandled;
    });
  }

  private hear(news: StreamNews): void {
    if (news === 'handed_back') {
      this.nextClaimAt = 0;
      this.claimAgain = true;
    } else {
      this.told = true;
      this.dry = false;
    }
    this.events.news();
  }

  private get isClosed(): boolean {
    return this.phase === 'closed';
  }

  /** Reads no more; what was fetched and not handed out is still ours. */
  private forgetAtHand(): void {
    this.enter('closed');
    this.atHand.clear();
  }

  private async judge(facts: StreamFacts, ahead: number | null): Promise<void> {
    await this.losses.judge(facts, ahead).catch((error: unknown) => this.upkeep.report(error));
  }

  /** Makes sure that what is at hand is still ours: this process may have stood still. */
  private async check(): Promise<void> {
    if (this.failure) throw this.failure.error;
    await this.tenure.check();
    if (this.upkeep.isOverdue && this.head) await this.upkeep.keepAlive();
  }

  private lose(nativeId: string): void {
    this.atHand.drop(nativeId);
    this.events.taken(nativeId);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    if (error instanceof ReplacedError) void this.loseAll(error);
    this.events.news();
  }

  /** Under our name, another process has been given all that was ours: handlers in flight are to stop. */
  private async loseAll(error: ReplacedError): Promise<void> {
    const { store, member } = this.place;
    // Nobody has where all was flushed, the group too.
    const position = await store.groupPosition(member).catch(() => null);
    if (position === null || this.failure?.error !== error) return;
    for (const nativeId of this.held.unhandled()) {
      if (this.held.take(nativeId)) this.lose(nativeId);
    }
  }

  private get wantsMore(): boolean {
    if (this.isClosed) return false;
    if (this.phase !== 'new' || this.untilClaimMs === 0) return this.atHand.hasNoOld;
    return this.atHand.isEmpty && !this.dry;
  }
}
