import { firstEntryNumberAt, formatEntryId } from '../../wire/entry-id.js';
import type { StreamFacts } from '../group-state.js';
import type { FlatFields, RangeOptions, StoredEntry } from '../entries.js';
import type { StreamNews, TellStreamNews } from '../event-store.js';
import { parseEnd, parseStart } from '../positions.js';

interface Entry {
  readonly position: bigint;
  readonly fields: FlatFields;
}

/** Entries of one stream in memory, in the order of their ids, and those who listen to it. */
export class MemoryStream {
  private readonly entries: Entry[] = [];
  private readonly rings = new Set<TellStreamNews>();
  private readonly past = new Set<bigint>();
  private last = 0n;
  private deleted = 0n;
  private added = 0;
  private created = false;

  /** Whether Redis would have the key: something was appended, or a group made it. */
  get exists(): boolean {
    return this.created;
  }

  /** `MKSTREAM`: makes the stream without an entry. */
  create(): void {
    this.created = true;
  }

  /** Position of the last entry that was ever appended, even if it has been trimmed since. */
  get lastPosition(): bigint {
    return this.last;
  }

  /**
   * Stores entries in order and returns their positions. They grow even if the clock goes back.
   *
   * @param clock milliseconds since the epoch.
   * @param maxLength newest entries to keep (`XADD … MAXLEN = n`); `null` and, as in Lightbus, 0
   *   keep everything.
   * @param isPast says of an entry whether it counts as settled by every group.
   */
  append(
    entries: readonly FlatFields[],
    clock: number,
    maxLength: number | null,
    isPast: (fields: FlatFields) => boolean = () => false,
  ): bigint[] {
    const earliest = firstEntryNumberAt(clock);
    const positions = entries.map((fields) => {
      this.last = earliest > this.last ? earliest : this.last + 1n;
      this.entries.push({ position: this.last, fields: [...fields] });
      if (isPast(fields)) this.past.add(this.last);
      this.added += 1;
      this.created = true;
      return this.last;
    });
    if (maxLength && this.entries.length > maxLength) {
      this.entries.splice(0, this.entries.length - maxLength);
    }
    if (positions.length > 0) this.ring('appended');
    return positions;
  }

  /** Fields of the entry at `position`; `null` where it has been trimmed. */
  fieldsAt(position: bigint): FlatFields | null {
    const entry = this.entries[this.indexFrom(position)];
    return entry?.position === position ? [...entry.fields] : null;
  }

  /** `XDEL` of one entry; whether it was there. */
  delete(position: bigint): boolean {
    const index = this.indexFrom(position);
    if (this.entries[index]?.position !== position) return false;
    this.entries.splice(index, 1);
    if (position > this.deleted) this.deleted = position;
    return true;
  }

  /** Whether this is certainly not the stream that once held an entry at `position`. */
  neverHeld(position: bigint): boolean {
    if (position > this.last) return true;
    return this.added === this.entries.length && this.indexFrom(position + 1n) === 0;
  }

  /** Position of the first entry from `start` on that a test accepts. */
  findFrom(start: bigint, accept: (fields: FlatFields) => boolean): bigint | undefined {
    for (let i = this.indexFrom(start); i < this.entries.length; i++) {
      const { position, fields } = this.entries[i] as Entry;
      if (accept(fields)) return position;
    }
    return undefined;
  }

  /** Positions of the first `count` entries after `position`. */
  positionsAfter(position: bigint, count: number): bigint[] {
    const from = this.indexFrom(position + 1n);
    return this.entries.slice(from, from + count).map((entry) => entry.position);
  }

  /** Whether every group has settled the entry at `position`, though none was given it. */
  isPast(position: bigint): boolean {
    return this.past.has(position);
  }

  /** How many entries lie after `position` that a group is to be given. */
  countAfter(position: bigint): number {
    const past = [...this.past].filter((one) => one > position && this.fieldsAt(one) !== null);
    return this.entries.length - this.indexFrom(position + 1n) - past.length;
  }

  /** `XRANGE`, or `XREVRANGE` with `reverse`; `start` is the lower bound in both. */
  range({ start, end, count, reverse = false }: RangeOptions): StoredEntry[] {
    const from = this.indexFrom(parseStart(start));
    const to = this.indexFrom(parseEnd(end) + 1n);
    const limit = Math.max(count, 0);
    const found = reverse
      ? this.entries.slice(Math.max(from, to - limit), to).reverse()
      : this.entries.slice(from, Math.min(to, from + limit));
    return found.map(({ position, fields }) => ({
      nativeId: formatEntryId(position),
      fields: [...fields],
    }));
  }

  /** What there is to know of it without reading: see `StreamFacts`. */
  get facts(): Omit<StreamFacts, 'groups'> {
    const [first] = this.entries;
    return {
      added: this.added,
      length: this.entries.length,
      first: first ? formatEntryId(first.position) : null,
      last: formatEntryId(this.last),
      deleted: formatEntryId(this.deleted),
    };
  }

  /** Calls `ring` at all news, until the returned function is called. */
  listen(ring: TellStreamNews): () => void {
    this.rings.add(ring);
    return () => void this.rings.delete(ring);
  }

  /** Tells news to those who listen. */
  ring(news: StreamNews): void {
    for (const ring of [...this.rings]) ring(news);
  }

  // Index of the first entry at or after `position`. Entries are sorted, so it can be searched.
  private indexFrom(position: bigint): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle] as Entry).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
