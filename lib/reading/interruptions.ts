import type { ClaimedPage, Member, PendingEntry } from '../store/consumer-groups.js';
import type { EventStore } from '../store/event-store.js';
import type { Interrupted } from '../store/group-state.js';
import { compareEntryIds } from '../wire/entry-id.js';

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
   * Counts the attempts of consumers whose entries have been taken over, if they were on this stream.
   *
   * @returns the entries, with the attempts that are recorded now.
   * @throws TransportError
   */
  async countTaken(stream: ReadStream, page: ClaimedPage): Promise<readonly PendingEntry[]> {
    const attempts = new Map<string, number>();
    for (const { consumer, nativeId } of page.interrupted) {
      if (!(await this.isOldest(stream, consumer, nativeId))) continue;
      attempts.set(nativeId, await stream.store.countAttempt(stream.member, nativeId));
    }
    return page.entries.map((entry) => ({
      ...entry,
      attempts: attempts.get(entry.nativeId) ?? entry.attempts,
    }));
  }

  private async isOldest(
    { member }: ReadStream,
    consumer: string,
    nativeId: string,
  ): Promise<boolean> {
    const others = this.streams().filter((one) => one.member.stream !== member.stream);
    const found = await Promise.all(
      others.map((one) => one.store.interrupted(one.member, consumer)),
    );
    return found.every((id) => id === null || compareEntryIds(nativeId, id) < 0);
  }
}
