import { setTimeout as delay } from 'node:timers/promises';
import { inBackground } from '../../timing/background.js';
import type { Member, PendingEntry } from '../../store/consumer-groups.js';
import type { FailureNote } from '../../store/inspection.js';
import type { EventStore } from '../../store/event-store.js';
import type { GroupOwner, GroupState, StreamFacts } from '../../store/group-state.js';
import { replaced, ReplacedError } from '../../store/ownership-errors.js';
import { compareEntryIds } from '../../wire/entry-id.js';
import { Acknowledgements } from './acknowledgements.js';
import { HeldEntries } from './held-entries.js';
import { LossWatch } from '../losses/loss-watch.js';
import type { Periodic, Presence } from './presence.js';
import type { TellNews } from '../reading-news.js';
import type { SharedReading } from '../shared-reading.js';
import type { Observer, StreamWatch } from '../losses/stream-watch.js';
import { Tenure } from './tenure.js';
import { Upkeep, type UpkeepSettings } from './upkeep.js';

/** How long handing back may take when this process stops, ms. */
const RELEASE_MS = 1_000;

/** Nothing is to be done regularly, but this process goes on to show that it lives. */
const HOLDING_ON: Periodic = {
  periodMs: Infinity,
  tick: () => undefined,
  // Nobody reads any more: the name is free a little earlier.
  troubled: () => undefined,
};

/** What is read, and for whom. */
export interface ReaderPlace {
  readonly store: EventStore;
  readonly member: Member;
  /** Where the group starts when it is made: `0`, `$` or an entry id. */
  readonly since: string;
  readonly owner?: GroupOwner;
}

/** Entries that a handler was given. */
export interface GivenEntries {
  /** Those that are not dealt with: one waits for its next attempt, perhaps. @default [] */
  readonly begun?: readonly string[];
  /**
   * Those whose handlers may still be running: these stay pending, and the name stays taken as long as this
   * process is connected, so that nobody begins them beside it. @default []
   */
  readonly running?: readonly string[];
}

/** What a {@link Membership} tells without being asked. */
export interface MembershipEvents {
  readonly tell: TellNews;
  /** Who waits for something to read, or for a failure, waits no longer. */
  readonly wake: () => void;
}

/**
 * One consumer in its group: it has a name and entries in hand, keeps both, knows when they are another's,
 * and hands back what it has not begun.
 */
export class Membership implements Observer {
  /** What is in hand. */
  readonly held: HeldEntries;
  /** What is handled. */
  readonly acknowledgements: Acknowledgements;
  private readonly presence: Presence;
  private readonly watch: StreamWatch;
  private readonly upkeep: Upkeep;
  private readonly losses: LossWatch;
  private readonly tenure: Tenure;
  private failure?: { readonly error: unknown };
  /** Whether what was found when the group was opened can still be relied upon. */
  private isOpen = false;
  /** How many entries the stream was last seen to have been given in all. */
  private added = 0;

  constructor(
    private readonly place: ReaderPlace,
    settings: UpkeepSettings,
    shared: SharedReading,
    private readonly events: MembershipEvents,
  ) {
    const { store, member, since } = place;
    this.held = new HeldEntries(since);
    this.presence = shared.presenceIn(store);
    this.tenure = new Tenure(store, member, this.presence);
    this.watch = shared.watchOf(store, member.stream, settings.reclaimIntervalMs);
    const { tell } = events;
    const told = { tell, failed: (error: unknown) => this.fail(error) };
    this.upkeep = new Upkeep(store, member, settings, this.presence, this.held, told);
    this.losses = new LossWatch(store, member, tell);
    this.acknowledgements = new Acknowledgements(store, member, this.held, told);
  }

  /** The consumer group. */
  get group(): string {
    return this.place.member.group;
  }

  /**
   * Takes the consumer's name, and makes group and consumer where missing.
   *
   * @throws ProcessNameInUseError, GroupNameInUseError, TransportError
   */
  async open(): Promise<GroupState> {
    const { store, member, since, owner } = this.place;
    await this.presence.join(this.upkeep);
    this.tenure.begin();
    this.added = 0;
    this.acknowledgements.startAgain();
    const group = await store.openGroup(member, {
      since,
      acknowledged: this.held.isKnown ? this.held.restartId : undefined,
      newest: this.held.newest,
      owner,
    });
    // Not earlier: until then, what is in hand is to be kept alive, or to be handed back.
    this.held.startAgain();
    this.failure = undefined;
    this.held.groupFound(group);
    // Where this listener reads other streams, too, and can't reach them, nothing is read here meanwhile.
    if (!group.created) await this.acknowledgements.repeat();
    this.isOpen = true;
    await Promise.all([this.upkeep.start(), this.watch.join(this)]);
    await this.losses.opened(group).catch((error: unknown) => this.upkeep.report(error));
    await this.judge(group.facts, group.created ? group.ahead : null);
    return group;
  }

  /** Something failed: nothing is known for certain, until the group is opened again. */
  suspend(): void {
    this.isOpen = false;
  }

  /** Stops for good, gives the name up, and hands back what is not handled. */
  async close({ begun = [], running = [] }: GivenEntries = {}): Promise<void> {
    const { store, member } = this.place;
    this.isOpen = false;
    if (running.length > 0) {
      inBackground(
        () => this.presence.join(HOLDING_ON),
        (error) => HOLDING_ON.troubled(error),
      );
    }
    this.upkeep.stop();
    this.watch.leave(this);
    if (!this.held.isKnown) return;
    // Without a connection the name is free once this process gives no sign of life any more.
    const handedBack = store.handBack(member, {
      staying: [...running, ...this.held.unconfirmed()],
      fetched: this.held.unhandled().filter((id) => !begun.includes(id)),
      keepsName: running.length > 0,
    });
    const timeout = delay(RELEASE_MS, undefined, { ref: false });
    await Promise.race([handedBack.catch(() => undefined), timeout]);
  }

  /** Whether {@link check} has nothing to ask and nothing to throw. */
  isSettled(hasMore: boolean): boolean {
    if (this.failure || !this.tenure.isSettled || this.held.hasUnconfirmedAttempts) return false;
    return !hasMore || !this.upkeep.isOverdue;
  }

  /**
   * Makes sure that what is in hand is still ours: this process may have stood still.
   *
   * @param hasMore whether something in hand is still to be handled.
   * @throws what has failed since the group was opened; `DisconnectedError`, `ReplacedError`.
   */
  async check(hasMore: boolean): Promise<void> {
    await this.acknowledgements.confirmAttempted();
    if (this.failure) throw this.failure.error;
    await this.tenure.check();
    if (this.upkeep.isOverdue && hasMore) await this.upkeep.keepAlive();
  }

  /**
   * What of a page is ours is kept, and what is handled already is acknowledged.
   *
   * @returns what is to be handled.
   */
  keep(page: readonly PendingEntry[]): PendingEntry[] {
    return page.filter((entry) => {
      const isHandled = this.held.isHandled(entry.nativeId);
      // One whose data is gone is not ours to keep alive: it stays with whoever owned it.
      if (entry.fields || isHandled) this.held.hold(entry);
      if (isHandled) this.acknowledgements.add(entry.nativeId);
      return !isHandled;
    });
  }

  /** @throws DisconnectedError where what has arrived came over another connection: it stays pending. */
  checkSession(): void {
    this.tenure.checkSession();
  }

  /** Whether {@link check} throws. */
  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /**
   * Records how many attempts to handle an entry have failed: they count after a restart, too.
   *
   * @param waits whether the next one has not begun yet.
   * @param failure for operators: what the latest one has failed with just now.
   */
  async recordAttempts(
    nativeId: string,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): Promise<void> {
    const { store, member } = this.place;
    this.held.markAttempted(nativeId);
    try {
      await store.recordAttempts(member, nativeId, attempts, waits, failure);
    } catch (error) {
      // The handler is tried again all the same; then it is told.
      this.fail(error);
    }
  }

  /** See `Observer.observe`: finds what a bell has missed, and what has vanished. */
  observe(facts: StreamFacts | null): void {
    // What comes over another connection may be of another stream: opening the group finds that out.
    if (!this.isOpen || !this.tenure.isSameSession) return;
    const group = facts?.groups.get(this.group);
    if (!facts || !group) {
      // The next read says so.
      this.events.wake();
      return;
    }
    // The counter of a stream never falls: this is another one.
    if (facts.added < this.added) {
      this.fail(replaced(this.place.member));
      return;
    }
    this.added = facts.added;
    if (facts.added > 0) this.held.seen(facts.last);
    if (compareEntryIds(facts.last, group.lastDeliveredId) > 0) this.events.wake();
    this.inBackground(() => this.judge(facts, null));
  }

  /** See `Observer.unobserved`. */
  unobserved(error: unknown): void {
    this.upkeep.report(error);
  }

  private inBackground(work: () => Promise<void>): void {
    inBackground(work, (error) => this.upkeep.report(error));
  }

  private async judge(facts: StreamFacts, ahead: number | null): Promise<void> {
    await this.losses.judge(facts, ahead).catch((error: unknown) => this.upkeep.report(error));
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    if (error instanceof ReplacedError) this.inBackground(() => this.giveUp(error));
    this.events.wake();
  }

  /** Under our name, another process has been given all that was ours: handlers in flight are to stop. */
  private async giveUp(error: ReplacedError): Promise<void> {
    const { store, member } = this.place;
    // Nobody has where all was flushed, the group too.
    const lastDelivered = await store.lastDeliveredId(member).catch(() => null);
    if (lastDelivered === null || this.failure?.error !== error) return;
    for (const nativeId of this.held.unhandled()) {
      if (this.held.take(nativeId)) this.events.tell({ kind: 'taken', ref: member, nativeId });
    }
  }
}
