import type {
  ClaimedPage,
  InterruptedConsumer,
  Member,
  PendingEntry,
} from '../store/consumer-groups.js';
import type { EventStore } from '../store/event-store.js';
import type { Interrupted } from '../store/group-state.js';
import { LEASE_MS } from './membership/presence.js';
import { compareEntryIds } from '../wire/entry-id.js';

/** Of how many processes that have ended it is remembered what they had begun. */
const MOST_REMEMBERED = 100;

/** An entry may have been kept alive a third of its time before its process was killed, ms. */
const TELLING_MS = LEASE_MS * 1.5;

/** The entry that a process had begun. */
interface Begun {
  readonly stream: string;
  readonly nativeId: string;
}

/** One of the streams that a listener reads, and as whom. */
export interface ReadStream {
  readonly store: EventStore;
  readonly member: Member;
}

/**
 * A process that stops without a word was handling one event: on each stream it leaves the oldest entry
 * that is pending with it, and the oldest of all streams is the one that it had begun. Only that was an
 * attempt: what was fetched beside it was not.
 */
export class Interruptions {
  private readonly found: { readonly stream: ReadStream; readonly entry: Interrupted }[] = [];
  private isCounted = false;
  /** By the token of the process. */
  private readonly begun = new Map<string, Begun>();

  /** @param streams all streams that the listener reads. */
  constructor(private readonly streams: () => readonly ReadStream[]) {}

  /** What opening a group has found, if it was the first time. */
  opened(stream: ReadStream, entry: Interrupted | null): void {
    if (entry) this.found.push({ stream, entry });
  }

  /** Counts the attempt that the former process of this name did not end. Once. @throws TransportError */
  async count(): Promise<void> {
    const [oldest] = this.found.sort((a, b) => compareEntryIds(a.entry.nativeId, b.entry.nativeId));
    if (!oldest || this.isCounted) return;
    const { store, member } = oldest.stream;
    if (!oldest.entry.isKnown) await store.countAttempt(member, oldest.entry.nativeId);
    this.isCounted = true;
  }

  /**
   * Counts the attempts of consumers whose entries have been taken over, if they were on this stream and
   * ended with their processes: a live one may be slow, or have had the entry without knowing.
   *
   * @param idleMs for how long what was taken over had given no sign of life: a process that was killed
   *   counts as alive for the time of a lease, so that after less nobody can say whether one has ended.
   * @returns the entries, with the attempts that are recorded now.
   * @throws TransportError
   */
  async countTaken(
    stream: ReadStream,
    page: ClaimedPage,
    idleMs: number,
  ): Promise<readonly PendingEntry[]> {
    const { store, member } = stream;
    const attempts = new Map<string, number>();
    for (const interrupted of page.interrupted) {
      if (idleMs >= TELLING_MS && (await store.isAlive(interrupted.token))) {
        await store.livesOn(member, interrupted.consumer);
      } else if (await this.wasBegun(stream, interrupted)) {
        const { nativeId } = interrupted;
        attempts.set(nativeId, await store.countAttempt(member, nativeId));
      }
    }
    return page.entries.map((entry) => {
      const counted = attempts.get(entry.nativeId);
      if (counted === undefined) return entry;
      // The one that was counted has ended with its process.
      return { ...entry, attempts: counted, hasFailed: false };
    });
  }

  /** Whether that is the oldest that the consumer had on any stream. Other streams are asked once. */
  private async wasBegun(
    { member: { stream } }: ReadStream,
    { consumer, token, nativeId }: InterruptedConsumer,
  ): Promise<boolean> {
    const begun = this.begun.get(token) ?? (await this.oldestOf(consumer, { stream, nativeId }));
    if (this.begun.size >= MOST_REMEMBERED) this.begun.clear();
    this.begun.set(token, begun);
    return begun.stream === stream && begun.nativeId === nativeId;
  }

  private async oldestOf(consumer: string, known: Begun): Promise<Begun> {
    const others = this.streams().filter(({ member }) => member.stream !== known.stream);
    const found = await Promise.all(
      others.map(async ({ store, member }) => {
        const nativeId = await store.interrupted(member, consumer);
        return nativeId === null ? [] : [{ stream: member.stream, nativeId }];
      }),
    );
    return found
      .flat()
      .reduce((a, b) => (compareEntryIds(b.nativeId, a.nativeId) < 0 ? b : a), known);
  }
}
