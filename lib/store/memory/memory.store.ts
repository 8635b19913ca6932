import { BusClosedError, PublishError, TransportError } from '../../errors.js';
import { idOf } from '../../wire/by-field.js';
import { formatEntryId } from '../../wire/entry-id.js';
import {
  deadLetterStream,
  formatDeadLetter,
  formatReport,
  parseDeadLetter,
} from '../dead-letter.js';
import type { DurabilityVerdict } from '../../durability/durability.js';
import { MemoryOnce } from './memory-once.js';
import { isStreamOfEvents, parseStreamName } from '../../wire/stream-names.js';
import { MemoryGroup } from './memory-group.js';
import { MemoryStream, positionOf } from './memory-stream.js';
import type {
  AppendOptions,
  ClaimedPage,
  ConsumerRef,
  DeadLetterReport,
  EventStore,
  FlatFields,
  GroupState,
  LeaseHolder,
  LostHistory,
  OpenGroupOptions,
  PendingEntry,
  RangeOptions,
  Redrive,
  StoredDeadLetter,
  StoredEntry,
} from '../event-store.js';

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** Clock that entry ids and idle times are taken from, milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

/** What a consumer group on a stream has not dealt with yet. */
export interface Backlog {
  readonly stream: string;
  readonly group: string;
  /** Entries that a consumer holds: being handled, waiting for another attempt, or fetched ahead. */
  readonly pending: number;
  /** Entries that were handed to nobody yet. */
  readonly undelivered: number;
}

/**
 * Streams and consumer groups in this process's memory, with the semantics of Redis 7 Streams: for
 * tests, and for a first look where there is no Redis. Everything is lost when the process ends.
 *
 * Every operation runs in one synchronous step, so all of them are atomic.
 */
export class MemoryStore implements EventStore {
  readonly description = "this process's memory";
  readonly session = 0;

  private readonly streams = new Map<string, MemoryStream>();
  private readonly groups = new Map<string, MemoryGroup>();
  private readonly leases = new Map<string, { holder: LeaseHolder; until: number }>();
  private readonly once = new MemoryOnce();
  private readonly now: () => number;
  private closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.now = options.now ?? Date.now;
  }

  /** By the clock of the options. */
  get time(): number {
    return this.now();
  }

  /** There is nothing to connect to; rejects only after {@link close}. */
  async connect(): Promise<void> {
    this.assertOpen('connect');
  }

  /** @inheritdoc */
  async audit(): Promise<DurabilityVerdict> {
    // A warning only: who configures this store means it.
    return {
      durable: false,
      findings: [{ level: 'warning', text: 'events die with this process' }],
    };
  }

  /** @inheritdoc */
  async append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    if (this.closed) throw new BusClosedError(closedMessage(`store an event on '${stream}'`));
    if (entries.some((fields) => fields.length === 0 || fields.length % 2 !== 0)) {
      throw new PublishError(
        `Can't store entries on '${stream}': ERR wrong number of arguments for 'xadd' command. ` +
          'An entry needs pairs of field name and value, at least one. Nothing was stored.',
        entries.map(idOf),
      );
    }
    const target = this.streamOf(stream);
    const { onceWithinMs, maxLength } = options;
    const now = this.now();
    if (onceWithinMs === undefined) {
      return target.append(entries, now, maxLength).map(formatEntryId);
    }
    const there = entries.map((fields) =>
      this.once.find(stream, target, fields, now, onceWithinMs),
    );
    const missing = entries.filter((_, i) => there[i] === undefined);
    const added = target.append(missing, now, maxLength);
    missing.forEach((fields, i) =>
      this.once.remember(stream, fields, added[i] as bigint, now + onceWithinMs),
    );
    const positions = added.values();
    return there.map((position) => formatEntryId(position ?? (positions.next().value as bigint)));
  }

  /** @inheritdoc */
  async lease(ref: ConsumerRef, holder: LeaseHolder, ttlMs: number): Promise<LeaseHolder | null> {
    this.assertOpen(`take the name '${ref.consumer}'`);
    const key = JSON.stringify([ref.stream, ref.group, ref.consumer]);
    const current = this.leases.get(key);
    if (current && current.until > this.now() && current.holder.token !== holder.token) {
      return current.holder;
    }
    this.leases.set(key, { holder, until: this.now() + ttlMs });
    return null;
  }

  /** @inheritdoc */
  async release(ref: ConsumerRef, holder: LeaseHolder): Promise<void> {
    this.assertOpen(`give back the name '${ref.consumer}'`);
    const key = JSON.stringify([ref.stream, ref.group, ref.consumer]);
    if (this.leases.get(key)?.holder.token === holder.token) this.leases.delete(key);
  }

  /** @inheritdoc */
  async groupPosition(ref: Pick<ConsumerRef, 'stream' | 'group'>): Promise<string | null> {
    this.assertOpen(`look for group '${ref.group}' on '${ref.stream}'`);
    return this.groups.get(groupKey(ref))?.lastDeliveredId ?? null;
  }

  /** @inheritdoc */
  async openGroup(ref: ConsumerRef, options: OpenGroupOptions): Promise<GroupState> {
    this.assertOpen(`open group '${ref.group}' on '${ref.stream}'`);
    const stream = this.streamOf(ref.stream);
    const key = groupKey(ref);
    const existing = this.groups.get(key);
    const { start, lost } = startOf(stream, options);
    const group = existing ?? new MemoryGroup(stream, start, this.now);
    stream.create();
    this.groups.set(key, group);
    const { lastDeliveredId, ahead } = group;
    const created = existing === undefined;
    const newest = stream.lastPosition > 0n ? formatEntryId(stream.lastPosition) : null;
    const vanished = created && options.position !== undefined;
    return { created, vanished, lastDeliveredId, ahead, lost: created ? lost : null, newest };
  }

  /** @inheritdoc Consumers cost nothing here, and nobody else cleans up; trimming tells no loss. */
  async maintain(ref: ConsumerRef): Promise<null> {
    this.groupOf(ref);
    return null;
  }

  /** @inheritdoc */
  async readPending(ref: ConsumerRef, after: string, count: number): Promise<PendingEntry[]> {
    return this.groupOf(ref).readPending(ref.consumer, after, count);
  }

  /** @inheritdoc */
  async claim(
    ref: ConsumerRef,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    return this.groupOf(ref).claim(ref.consumer, minIdleMs, cursor, count);
  }

  /** @inheritdoc */
  async readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]> {
    return this.groupOf(ref).readNew(ref.consumer, count);
  }

  /** @inheritdoc */
  async acknowledge(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupOf(ref).acknowledge(ref.consumer, nativeIds);
  }

  /** @inheritdoc */
  async keepAlive(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupOf(ref).keepAlive(ref.consumer, nativeIds);
  }

  /** @inheritdoc */
  async deadLetter(ref: ConsumerRef, nativeId: string, report: DeadLetterReport): Promise<boolean> {
    const fields = this.groupOf(ref).release(ref.consumer, nativeId);
    if (fields === undefined) return false;
    const { stream, group, consumer } = ref;
    const now = this.now();
    const time = new Date(now).toISOString();
    const letter = formatReport(report, { stream, nativeId, group, consumer, time });
    this.streamOf(deadLetterStream(ref)).append([formatDeadLetter(letter, fields)], now, null);
    return true;
  }

  /** @inheritdoc */
  async deadLetters(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    range: RangeOptions,
  ): Promise<StoredDeadLetter[]> {
    const entries = await this.range(deadLetterStream(ref), range);
    return entries.map(({ nativeId, fields }) => parseDeadLetter(nativeId, fields ?? []));
  }

  /** @inheritdoc */
  async redrive(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    letters: readonly Redrive[],
  ): Promise<number> {
    this.assertOpen('drive dead letters again');
    const stored = this.streamOf(deadLetterStream(ref));
    return letters.filter(({ id, nativeId }) => {
      const position = positionOf(id);
      if (stored.fieldsAt(position) === null) return false;
      return this.groupOf({ ...ref, consumer: '' }).redrive(nativeId) && stored.delete(position);
    }).length;
  }

  /** @inheritdoc */
  async discard(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    letterIds: readonly string[],
  ): Promise<number> {
    this.assertOpen('discard dead letters');
    const letters = this.streamOf(deadLetterStream(ref));
    return letterIds.filter((id) => letters.delete(positionOf(id))).length;
  }

  /** @inheritdoc */
  async range(stream: string, options: RangeOptions): Promise<StoredEntry[]> {
    this.assertOpen(`read '${stream}'`);
    return this.streamOf(stream).range(options);
  }

  /** @inheritdoc */
  async whenAppended(stream: string, after: string, signal: AbortSignal): Promise<string> {
    if (this.closed) return after;
    return formatEntryId(await this.streamOf(stream).whenAfter(positionOf(after), signal));
  }

  /** @inheritdoc */
  async findStreams(): Promise<string[]> {
    this.assertOpen('look for streams');
    return [...this.streams]
      .filter(([name, stream]) => stream.exists && isStreamOfEvents(name))
      .map(([name]) => name);
  }

  /** @inheritdoc */
  async streamsOfApi(apiName: string): Promise<string[]> {
    const streams = await this.findStreams();
    return streams.filter((stream) => parseStreamName(stream)?.apiName === apiName);
  }

  /** There is no other process that could see the streams. */
  announce(): void {}

  /** The groups that have not dealt with every entry of their streams yet. */
  backlog(): Backlog[] {
    return [...this.groups]
      .map(([key, { held, ahead }]) => {
        const [stream, group] = JSON.parse(key) as [string, string];
        return { stream, group, pending: held, undelivered: ahead };
      })
      .filter(({ pending, undelivered }) => pending + undelivered > 0);
  }

  /** Wakes all who wait and forgets every stream. Idempotent; later calls reject. */
  async close(): Promise<void> {
    this.closed = true;
    for (const stream of this.streams.values()) stream.wakeAll();
    this.streams.clear();
    this.groups.clear();
    this.once.clear();
  }

  private assertOpen(attempt: string): void {
    if (this.closed) throw new TransportError(closedMessage(attempt));
  }

  private streamOf(name: string): MemoryStream {
    const stream = this.streams.get(name) ?? new MemoryStream();
    this.streams.set(name, stream);
    return stream;
  }

  private groupOf(ref: ConsumerRef): MemoryGroup {
    this.assertOpen(`use group '${ref.group}' on '${ref.stream}'`);
    const group = this.groups.get(groupKey(ref));
    if (group) return group;
    throw new TransportError(
      `NOGROUP No such key '${ref.stream}' or consumer group '${ref.group}'. ` +
        'Open the group with openGroup() before using it.',
    );
  }
}

// Both names are free text: JSON keeps ('a', 'b c') apart from ('a b', 'c').
function groupKey(ref: Pick<ConsumerRef, 'stream' | 'group'>): string {
  return JSON.stringify([ref.stream, ref.group]);
}

function startOf(
  stream: MemoryStream,
  { since, position, newest }: OpenGroupOptions,
): { start: bigint; lost: LostHistory | null } {
  if (newest !== undefined && stream.neverHeld(positionOf(newest))) {
    return { start: 0n, lost: { after: position ?? '0-0', until: null } };
  }
  const start = position ?? since;
  return { start: start === '$' ? stream.lastPosition : positionOf(start), lost: null };
}

function closedMessage(attempt: string): string {
  return `Can't ${attempt}: the in-memory store is closed. Nothing was done; open a new one.`;
}
