import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../timing/backoff.js';
import type { UpkeepEvents } from './consumer-upkeep.js';
import type { HeldEntries } from './held-entries.js';
import { justBefore } from '../wire/entry-id.js';
import type { ConsumerRef, DeadLetterReport, EventStore } from '../store/event-store.js';
import { unlessAborted } from '../timing/unless-aborted.js';

/** Longest delay between two tries to confirm the last acknowledgements, ms. */
const LONGEST_SETTLE_DELAY_MS = 1_000;

/** What {@link Acknowledgements} tells without being asked. */
export interface AcknowledgementEvents extends Pick<UpkeepEvents, 'lost' | 'historyLost'> {
  /** One failed. Starting again from the pending list repeats it. */
  readonly failed: (error: unknown) => void;
}

/** Sends what is decided about entries in hand, without waiting, and confirms it at the end. */
export class Acknowledgements {
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    private readonly store: EventStore,
    private readonly ref: ConsumerRef,
    private readonly held: HeldEntries,
    private readonly events: AcknowledgementEvents,
  ) {}

  /** Sends an acknowledgement: it shares its round trip with the next read. */
  send(nativeId: string): void {
    // Of one that was lost, the acknowledgement is up to the new owner, who may have our name.
    if (!this.held.holds(nativeId)) return;
    this.held.markHandled(nativeId);
    void this.track(
      this.store.acknowledge(this.ref, [nativeId]).then((owned) => {
        this.held.release(nativeId);
        if (owned.length === 0) this.events.lost(nativeId);
      }),
    );
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. Never rejects. */
  async deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    const held = this.held.holds(nativeId);
    await this.track(
      this.store.deadLetter(this.ref, nativeId, report).then((moved) => {
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
   * @param startAgain called before each further try.
   * @throws what was thrown last, once the signal is aborted.
   */
  async settle(signal: AbortSignal, startAgain: () => Promise<void>): Promise<void> {
    if (this.inFlight.size > 0) await unlessAborted(Promise.all(this.inFlight), signal);
    for (let failures = 0; this.held.unconfirmed().length > 0;) {
      try {
        if (failures > 0) await unlessAborted(startAgain(), signal);
        await unlessAborted(this.confirm(), signal);
      } catch (error) {
        const waitMs = backoffMs(++failures, 50, LONGEST_SETTLE_DELAY_MS);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  private async confirm(): Promise<void> {
    await Promise.all(this.inFlight);
    const unconfirmed = this.held.unconfirmed();
    await this.store.acknowledge(this.ref, unconfirmed);
    unconfirmed.forEach((nativeId) => this.held.release(nativeId));
  }

  private async track(operation: Promise<void>): Promise<void> {
    const tracked = operation
      .catch((error: unknown) => this.events.failed(error))
      .finally(() => this.inFlight.delete(tracked));
    this.inFlight.add(tracked);
    await tracked;
  }
}
