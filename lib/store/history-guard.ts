import { HistoryGoneBackError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import type { RangeOptions } from './entries.js';
import type { EventStore } from './event-store.js';
import type { StreamFacts } from './group-state.js';

/** What tells whether a stream is still the one that was read. */
export type GuardedStore = Pick<EventStore, 'description' | 'session' | 'range' | 'look'>;

/** What is read: see `HistoryRange`. */
interface GuardedRange extends Pick<RangeOptions, 'start' | 'end' | 'reverse'> {
  readonly isReadOn?: boolean;
}

/**
 * Lets a stream be read on only where it still holds what was read of it before: Redis may have gone back to an
 * older state, been flushed, or the stream deleted. Each page begins with the entry that it follows, so that one
 * command gives both, and no state lies between them.
 */
export class HistoryGuard {
  /** The page that begins there follows nothing that was read. */
  private readonly unread: string | undefined;

  constructor(
    private readonly store: GuardedStore,
    private readonly stream: string,
    range: GuardedRange,
  ) {
    this.unread = range.isReadOn ? undefined : beginning(range);
  }

  /**
   * A page of what `read` gives, certainly of a state that follows what was read before.
   *
   * @param page begins after (`(id`) the entry that it follows, but for the first.
   * @throws HistoryGoneBackError; `TransportError` from the store.
   */
  async read<T extends { readonly nativeId: string }>(
    page: RangeOptions,
    read: (page: RangeOptions) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const after = beginning(page);
    if (after === this.unread) return read(page);
    const id = after.slice(1);
    for (;;) {
      const session = this.store.session(this.stream);
      const bound = page.reverse ? { end: id } : { start: id };
      const found = await read({ ...page, ...bound, count: page.count + 1 });
      if (found[0]?.nativeId === id) return found.slice(1);
      await requireStored(this.store, this.stream, id);
      // What was read on another connection than the one that was looked at says nothing.
      if (this.store.session(this.stream) === session) return found.slice(0, page.count);
    }
  }
}

/**
 * Resolves where an entry is stored that was there before, or was deleted or trimmed.
 *
 * @throws HistoryGoneBackError, TransportError
 */
export async function requireStored(
  store: GuardedStore,
  stream: string,
  id: string,
): Promise<void> {
  const [entry] = await store.range(stream, { start: id, end: id, count: 1 });
  if (entry || !isUnknown(id, await store.look(stream, []))) return;
  throw new HistoryGoneBackError(
    `'${stream}' on ${store.description} has gone back to an older state: entry ${id} was read there, ` +
      'and is not stored any more, though nobody has deleted or trimmed it. A failover, a restored copy, or FLUSHALL or DEL, does that. ' +
      'Discard what was made of its events, and read them again from the beginning.',
  );
}

/** The bound that is read first. */
function beginning({ start, end, reverse }: GuardedRange): string {
  return reverse ? end : start;
}

/** Whether a stream that lacks an entry has never held it, rather than lost it to a trim or a deletion. */
function isUnknown(id: string, facts: StreamFacts | null): boolean {
  if (!facts || compareEntryIds(facts.last, id) < 0) return true;
  if (facts.added === facts.length) return true;
  const isTrimmed = facts.first === null || compareEntryIds(id, facts.first) < 0;
  return !isTrimmed && compareEntryIds(facts.deleted, id) < 0;
}
