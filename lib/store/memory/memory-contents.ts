import { TransportError } from '../../errors.js';
import type { GroupRef, Member } from '../consumer-groups.js';
import { replaced } from '../ownership-errors.js';
import { idOf } from '../../wire/one-field.js';
import type {
  FlatFields,
  FoundHeads,
  HeadsOptions,
  RangeOptions,
  StoredEntry,
} from '../entries.js';

import type { MemoryGroup } from './memory-group.js';
import { headsOf } from './memory-heads.js';
import { MemoryStream } from './memory-stream.js';

/** What a store in memory holds: streams and groups, by name. */
export abstract class MemoryContents {
  protected readonly streams = new Map<string, MemoryStream>();
  protected readonly groups = new Map<string, MemoryGroup>();
  protected isClosed = false;
  private readonly past = new Set<string>();

  /** @param now clock that entry ids and idle times are taken from, milliseconds since the epoch. */
  constructor(protected readonly now: () => number) {}

  /**
   * For tests: what will be stored under these Lightbus ids is the past. Groups have settled it, whether they are
   * there already or not.
   */
  expectPast(ids: readonly string[]): void {
    for (const id of ids) this.past.add(id);
  }

  /** See `EventStore.range`. */
  async range(stream: string, options: RangeOptions): Promise<StoredEntry[]> {
    this.assertOpen(`read '${stream}'`);
    return this.streamOf(stream).range(options);
  }

  /** See `EventStore.heads`. */
  async heads(
    stream: string,
    ranges: readonly RangeOptions[],
    options: HeadsOptions,
  ): Promise<FoundHeads> {
    this.assertOpen(`read '${stream}'`);
    return headsOf((range) => this.streamOf(stream).range(range), ranges, options);
  }

  /** Forgets every stream. Idempotent; later calls reject. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.streams.clear();
    this.groups.clear();
  }

  protected assertOpen(attempt: string): void {
    if (this.isClosed) throw new TransportError(closedMessage(attempt));
  }

  protected streamOf(name: string): MemoryStream {
    const stream = this.streams.get(name) ?? new MemoryStream();
    this.streams.set(name, stream);
    return stream;
  }

  protected isPast(fields: FlatFields): boolean {
    return this.past.size > 0 && this.past.delete(idOf(fields));
  }

  protected isHeldBy(member: Member): boolean {
    const holder = this.groups.get(groupKey(member))?.names.holders.get(member.consumer);
    return holder?.token === member.holder.token;
  }

  /** The group, for who has the consumer's name. */
  protected groupFor(member: Member): MemoryGroup {
    const group = this.groupOf(member);
    if (!this.isHeldBy(member)) throw replaced(member);
    return group;
  }

  protected groupOf(ref: GroupRef): MemoryGroup {
    this.assertOpen(`use group '${ref.group}' on '${ref.stream}'`);
    const group = this.groups.get(groupKey(ref));
    if (group) return group;
    throw new TransportError(
      `NOGROUP No such key '${ref.stream}' or consumer group '${ref.group}'. ` +
        'Open the group with openGroup() before using it.',
    );
  }
}

/** Under what a group is kept. Both names are free text: JSON keeps ('a', 'b c') apart from ('a b', 'c'). */
export function groupKey(ref: GroupRef): string {
  return JSON.stringify([ref.stream, ref.group]);
}

/** The group and stream that a key stands for. */
export function parseGroupKey(key: string): GroupRef {
  const [stream, group] = JSON.parse(key) as [string, string];
  return { stream, group };
}

/** The message of the error of a call to a store that is closed. */
export function closedMessage(attempt: string): string {
  return `Can't ${attempt}: the in-memory store is closed. Nothing was done; open a new one.`;
}
