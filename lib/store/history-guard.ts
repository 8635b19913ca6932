import { HistoryGoneBackError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import type { RangeOptions } from './entries.js';
import type { EventStore } from './event-store.js';
import type { StreamFacts } from './group-state.js';

/**
 * Lets a stream be read on only where it still holds what was read of it before: Redis may have gone back to an
 * older state, been flushed, or the stream deleted. Each page begins with the entry that it follows, so that one
 * command gives both, and no state lies between them.
 */
export class HistoryGuard {
  private readonly lastRead: () => string | undefined;

  /** @param lastRead the last entry that was handed out; `undefined` for none. */
  constructor(
    private readonly store: Pick<EventStore, 'description' | 'session' | 'range' | 'look'>,
    private readonly stream: string,
    lastRead: () => string | undefined,
  ) {
    this.lastRead = lastRead;
  }

  /**
   * A page of what `read` gives, certainly of a state that follows what was read before.
   *
   * @param page `start` excludes the entry that the page follows, once something was handed out.
   * @throws HistoryGoneBackError; `TransportError` from the store.
   */
  async read<T extends { readonly nativeId: string }>(
    page: RangeOptions,
    read: (page: RangeOptions) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    if (this.lastRead() === undefined || !page.start.startsWith('(')) return read(page);
    const start = page.start.slice(1);
    for (;;) {
      const session = this.store.session(this.stream);
      const found = await read({ ...page, start, count: page.count + 1 });
      if (found[0]?.nativeId === start) return found.slice(1);
      await this.check(start);
      // What was read on another connection than the one that was looked at says nothing.
      if (this.store.session(this.stream) === session) return found.slice(0, page.count);
    }
  }

  private async check(id: string): Promise<void> {
    const [entry] = await this.store.range(this.stream, { start: id, end: id, count: 1 });
    if (entry || !isUnknown(id, await this.store.look(this.stream, []))) return;
    throw new HistoryGoneBackError(
      `'${this.stream}' on ${this.store.description} has gone back to an older state: entry ${id} was read there, ` +
        'and is not stored any more, though nobody has deleted or trimmed it. A failover, a restored copy, or FLUSHALL or DEL, does that. ' +
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
