import { AsyncResource } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { SETTLING } from '../../channels/channels.js';
import { ProcessNameInUseError } from '../../errors.js';
import type { Member } from '../../store/consumer-groups.js';
import type { DeadLetterReport, EventStore } from '../../store/event-store.js';
import { backoffMs } from '../../timing/backoff.js';
import { inBackground } from '../../timing/background.js';
import { unlessAborted } from '../../timing/unless-aborted.js';
import { justBefore } from '../../wire/entry-id.js';
import type { HeldEntries } from './held-entries.js';
import type { TellNews } from '../reading-news.js';
import { tellAcknowledged, tellSetAside } from './told-settlement.js';

/** Longest delay between two tries to confirm the last acknowledgements, ms. */
const LONGEST_SETTLE_DELAY_MS = 1_000;

/** How long an acknowledgement waits at most for the next read, to leave together with it, ms. */
const SOON_MS = 20;

/** How many entries one command acknowledges. */
const PAGE = 1_000;

/** What {@link Acknowledgements} tells without being asked. */
export interface AcknowledgementEvents {
  readonly tell: TellNews;
  /** One failed. Starting again from the pending list repeats it. */
  readonly failed: (error: unknown) => void;
}

/**
 * Acknowledges what is handled, without being waited for: all that was handled since the last read
 * leaves with the next one, in one command and one write, or a moment later where that takes its time.
 */
export class Acknowledgements {
  private due: string[] = [];
  private timer?: NodeJS.Timeout;
  /** Outside of what the handler's end has entered: what is sent is of many handlers. */
  private readonly sendDue = AsyncResource.bind(() => {
    inBackground(async () => this.flush(), this.events.failed);
  }, 'LIGHTBUS_ACKNOWLEDGEMENTS');
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    private readonly store: EventStore,
    private readonly member: Member,
    private readonly held: HeldEntries,
    private readonly events: AcknowledgementEvents,
  ) {}

  /** The entry is handled. */
  add(nativeId: string): void {
    // Of one that was taken, the acknowledgement is up to the new owner, who may have our name.
    if (!this.held.holds(nativeId)) return;
    this.held.markHandled(nativeId);
    if (this.due.push(nativeId) === 1) this.sendSoon();
  }

  /** Sends what is due. To be called right before a read, and where none follows. */
  flush(): void {
    while (this.due.length > 0) {
      const nativeIds = this.due.length > PAGE ? this.due.splice(0, PAGE) : this.due;
      if (nativeIds === this.due) this.due = [];
      inBackground(() => this.track(this.send(nativeIds)), this.events.failed);
    }
  }

  /** One timer for all: what leaves before it rings needs none, and most does. */
  private sendSoon(): void {
    if (this.timer) {
      this.timer.refresh();
      return;
    }
    this.timer = setTimeout(this.sendDue, SOON_MS).unref();
  }

  /**
   * Resolves once those of entries with recorded attempts have been answered. If the next event takes the
   * process down, the oldest entry that is pending is taken for the one that did: that must not be, again
   * and again, one that was handled each time.
   */
  async confirmAttempted(): Promise<void> {
    if (!this.held.hasUnconfirmedAttempts) return;
    this.flush();
    await Promise.all(this.inFlight);
  }

  /** Forgets what is due: the pending list will tell. */
  startAgain(): void {
    this.due = [];
  }

  /**
   * The group was opened again: acknowledges once more what was handled and may not have been acknowledged.
   *
   * @throws TransportError
   */
  async repeat(): Promise<void> {
    const unconfirmed = this.held.unconfirmed();
    if (unconfirmed.length === 0) return;
    const others = new Set(await this.acknowledge(unconfirmed));
    // The pending list tells what has become of those that were not ours.
    for (const id of unconfirmed) if (!others.has(id)) this.held.release(id);
  }

  /**
   * Moves an entry to the dead-letter stream and acknowledges it. Never rejects.
   *
   * @returns the id of the dead letter; `null` where there is none: another consumer has the entry, or it failed.
   */
  async deadLetter(nativeId: string, report: DeadLetterReport): Promise<string | null> {
    const held = this.held.holds(nativeId);
    this.flush();
    const moving = this.moveAway(nativeId, report, held);
    await this.track(moving.then(() => undefined));
    return moving.catch(() => null);
  }

  private async moveAway(
    nativeId: string,
    report: DeadLetterReport,
    held: boolean,
  ): Promise<string | null> {
    const letter = await this.setAside(nativeId, report);
    this.held.release(nativeId);
    if (letter === null && held) this.tellTaken(nativeId);
    // Never held: its data is gone. If it was not moved, another consumer has done and told that.
    if (letter !== null && !held) this.tellVanished(nativeId);
    return letter;
  }

  /**
   * Resolves when every acknowledgement is confirmed; tries again until then.
   *
   * @param signal aborted when there is no more time.
   * @param startAgain called before each further try.
   * @throws what was thrown last, once the signal is aborted. `ProcessNameInUseError` at once: then the
   *   entries are another process's.
   */
  async settle(signal: AbortSignal, startAgain: () => Promise<void>): Promise<void> {
    this.flush();
    if (this.inFlight.size > 0) await unlessAborted(Promise.all(this.inFlight), signal);
    for (let failures = 0; this.held.unconfirmed().length > 0;) {
      try {
        if (failures > 0) await unlessAborted(startAgain(), signal);
        await unlessAborted(this.confirm(), signal);
      } catch (error) {
        const waitMs = backoffMs(++failures, 50, LONGEST_SETTLE_DELAY_MS);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted || error instanceof ProcessNameInUseError) throw error;
      }
    }
  }

  private async confirm(): Promise<void> {
    this.flush();
    await Promise.all(this.inFlight);
    const unconfirmed = this.held.unconfirmed();
    if (unconfirmed.length === 0) return;
    await this.acknowledge(unconfirmed);
    unconfirmed.forEach((nativeId) => this.held.release(nativeId));
  }

  /** Another consumer had taken the entry over: the acknowledgement did nothing. */
  private tellTaken(nativeId: string): void {
    this.events.tell({ kind: 'taken', ref: this.member, nativeId });
  }

  /** The entry was pending, and had no data any more. */
  private tellVanished(nativeId: string): void {
    const range = { after: justBefore(nativeId), until: nativeId };
    this.events.tell({ kind: 'vanished', ref: this.member, range });
  }

  private setAside(nativeId: string, report: DeadLetterReport): Promise<string | null> {
    const { store, member } = this;
    if (!SETTLING.hasSubscribers) return store.deadLetter(member, nativeId, report);
    return tellSetAside(member, nativeId, report.reason, () =>
      store.deadLetter(member, nativeId, report),
    );
  }

  private acknowledge(nativeIds: readonly string[]): Promise<string[]> {
    const { store, member } = this;
    const attempted = this.held.withAttempts(nativeIds);
    if (!SETTLING.hasSubscribers) return store.acknowledge(member, nativeIds, attempted);
    return tellAcknowledged(member, nativeIds, () =>
      store.acknowledge(member, nativeIds, attempted),
    );
  }

  private async send(nativeIds: readonly string[]): Promise<void> {
    const taken = await this.acknowledge(nativeIds);
    // One that was confirmed meanwhile, after the group was opened again, was not taken.
    const gone = taken.filter((id) => this.held.isHandled(id));
    for (const id of nativeIds) this.held.release(id);
    for (const id of gone) this.tellTaken(id);
  }

  /** Whoever waits for what is under way waits for this, too. Never rejects. */
  private track(operation: Promise<void>): Promise<void> {
    const tracked = operation.then(
      () => void this.inFlight.delete(tracked),
      (error: unknown) => {
        this.inFlight.delete(tracked);
        this.events.failed(error);
      },
    );
    this.inFlight.add(tracked);
    return tracked;
  }
}
