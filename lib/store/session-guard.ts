import { HistoryGoneBackError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import type { EventStore } from './event-store.js';
import type { StreamFacts } from './group-state.js';

/**
 * Lets a stream be read only where it still holds what was read of it before. After each new connection that
 * is looked at once: Redis may have gone back to an older state in between.
 */
export class SessionGuard {
  private readonly lastRead: () => string | undefined;
  private trusted?: number;

  /** @param lastRead the last entry that was handed out; `undefined` for none. */
  constructor(
    private readonly store: Pick<EventStore, 'description' | 'session' | 'range' | 'look'>,
    private readonly stream: string,
    lastRead: () => string | undefined,
  ) {
    this.lastRead = lastRead;
  }

  /**
   * What `read` gives, certainly of a state that follows what was read before.
   *
   * @throws HistoryGoneBackError; `TransportError` from the store.
   */
  async read<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const session = this.store.session(this.stream);
      if (session !== this.trusted) await this.check();
      this.trusted = session;
      const result = await read();
      // What was read on another connection than the one that was looked at says nothing.
      if (this.lastRead() === undefined || this.store.session(this.stream) === session) {
        return result;
      }
    }
  }

  private async check(): Promise<void> {
    const id = this.lastRead();
    if (id === undefined) return;
    const [entry] = await this.store.range(this.stream, { start: id, end: id, count: 1 });
    if (entry || !isUnknown(id, await this.store.look(this.stream, []))) return;
    throw new HistoryGoneBackError(
      `'${this.stream}' on ${this.store.description} has gone back to an older state: entry ${id} was read there, ` +
        'and is not stored any more, though nobody has deleted or trimmed it. A failover or a restored copy does that. ' +
        'Discard what was made of its events, and read them again from the beginning.',
    );
  }
}

/** Whether a stream that lacks an entry has never held it, rather than lost it to a trim or a deletion. */
function isUnknown(id: string, facts: StreamFacts | null): boolean {
  if (!facts || compareEntryIds(facts.last, id) < 0) return true;
  if (facts.added === facts.length) return true;
  const isTrimmed = facts.first === null || compareEntryIds(id, facts.first) < 0;
  return !isTrimmed && compareEntryIds(facts.deleted, id) < 0;
}
