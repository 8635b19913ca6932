import { isDeepStrictEqual } from 'node:util';
import { TransportError } from '../../errors.js';
import { BusClosedError, PublishError } from '../../fire-errors.js';
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
  ClaimedPage,
  ConsumerRef,
  GroupRef,
  HandBackOptions,
  Holder,
  Member,
  PendingEntry,
} from '../consumer-groups.js';
import type {
  GroupOwner,
  GroupState,
  OpenGroupOptions,
  StreamFacts,
  VanishedHistory,
} from '../group-state.js';
import { groupInUse, nameInUse, replaced } from '../ownership-errors.js';
import type { FlatFields, StoredEntry } from '../entries.js';
import type {
  AppendOptions,
  DeadLetterReport,
  EventStore,
  RangeOptions,
  Redrive,
  StoredDeadLetter,
  StreamNews,
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
  /** Until when processes count as alive. */
  private readonly alive = new Map<string, number>();
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
    const ids = entries.map(idOf);
    if (this.closed) {
      throw new BusClosedError(closedMessage(`store an event on '${stream}'`), { ids });
    }
    if (entries.some((fields) => fields.length === 0 || fields.length % 2 !== 0)) {
      throw new PublishError(
        `Can't store entries on '${stream}': ERR wrong number of arguments for 'xadd' command. ` +
          'An entry needs pairs of field name and value, at least one. Nothing was stored.',
        { ids },
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
  async beat({ token }: Holder, ttlMs: number): Promise<boolean> {
    this.assertOpen('show that this process lives');
    const wasAlive = this.isAlive(token);
    this.alive.set(token, this.now() + ttlMs);
    return wasAlive;
  }

  /** @inheritdoc */
  async holds(member: Member): Promise<boolean> {
    this.assertOpen(`ask who has the name '${member.consumer}'`);
    return this.isHeldBy(member);
  }

  /** @inheritdoc */
  async handBack(member: Member, options: HandBackOptions = {}): Promise<number> {
    this.assertOpen(`give back the name '${member.consumer}'`);
    if (!this.isHeldBy(member)) return 0;
    const handed = this.groupOf(member).handBack(member.consumer, options);
    if (handed > 0) this.streamOf(member.stream).ring('handed_back');
    return handed;
  }

  /** @inheritdoc */
  async groupPosition(ref: GroupRef): Promise<string | null> {
    this.assertOpen(`look for group '${ref.group}' on '${ref.stream}'`);
    return this.groups.get(groupKey(ref))?.lastDeliveredId ?? null;
  }

  /** @inheritdoc */
  async openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState> {
    this.assertOpen(`open group '${member.group}' on '${member.stream}'`);
    const stream = this.streamOf(member.stream);
    const existing = this.groups.get(groupKey(member));
    if (existing) this.checkNames(existing, member, options.owner);
    const { start, vanished } = startOf(stream, options);
    const group = existing ?? new MemoryGroup(stream, start, this.now);
    stream.create();
    this.groups.set(groupKey(member), group);
    const interrupted = group.hold(member.consumer, member.holder);
    group.owner ??= options.owner;
    const { lastDeliveredId, ahead } = group;
    const created = existing === undefined;
    return {
      ...{ created, lastDeliveredId, ahead, interrupted, skipped: null },
      remade: created && options.position !== undefined,
      vanished: created ? vanished : null,
      newest: stream.lastPosition > 0n ? formatEntryId(stream.lastPosition) : null,
      facts: { ...stream.facts, groups: new Map([[member.group, group.facts]]) },
    };
  }

  /** @inheritdoc */
  async look(stream: string, groups: readonly string[]): Promise<StreamFacts | null> {
    this.assertOpen(`look at '${stream}'`);
    const found = this.streams.get(stream);
    if (!found?.exists) return null;
    const facts = groups.flatMap((group) => {
      const one = this.groups.get(groupKey({ stream, group }));
      return one ? [[group, one.facts] as const] : [];
    });
    return { ...found.facts, groups: new Map(facts) };
  }

  /** @inheritdoc */
  async moveBaseline(ref: GroupRef, from: string | null, to: string): Promise<boolean> {
    const group = this.groupOf(ref);
    if (group.baseline !== from) return false;
    group.baseline = to;
    return true;
  }

  /** Nothing is known of it beyond this process. */
  async told(): Promise<void> {
    this.assertOpen('note what was told');
  }

  /** @inheritdoc */
  async hasForeignConsumers(): Promise<boolean> {
    return false;
  }

  /** @inheritdoc Consumers cost nothing here, and nobody else cleans up. */
  async refresh(ref: ConsumerRef): Promise<void> {
    this.groupOf(ref);
  }

  /** @inheritdoc */
  async cleanUp(ref: ConsumerRef): Promise<number> {
    this.groupOf(ref);
    return 0;
  }

  /** @inheritdoc */
  async readPending(member: Member, after: string, count: number): Promise<PendingEntry[]> {
    return this.groupFor(member).readPending(member.consumer, after, count);
  }

  /** @inheritdoc */
  async claim(
    member: Member,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    return this.groupFor(member).claim(member.consumer, minIdleMs, cursor, count);
  }

  /** @inheritdoc */
  async readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]> {
    return this.groupOf(ref).readNew(ref.consumer, count);
  }

  /** @inheritdoc */
  async acknowledge(member: Member, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupFor(member).acknowledge(member.consumer, nativeIds);
  }

  /** @inheritdoc */
  async keepAlive(member: Member, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupFor(member).keepAlive(member.consumer, nativeIds);
  }

  /** @inheritdoc */
  async recordAttempts(
    member: Member,
    nativeId: string,
    attempts: number,
    waits: boolean,
  ): Promise<void> {
    this.groupFor(member).recordAttempts(member.consumer, nativeId, attempts, waits);
  }

  /** @inheritdoc */
  async interrupted(ref: GroupRef, consumer: string): Promise<string | null> {
    this.assertOpen(`ask what '${consumer}' was handling`);
    return this.groups.get(groupKey(ref))?.interruptedBy(consumer)?.nativeId ?? null;
  }

  /** @inheritdoc */
  async countAttempt(member: Member, nativeId: string): Promise<number> {
    return this.groupFor(member).countAttempt(nativeId);
  }

  /** @inheritdoc */
  async deadLetter(ref: Member, nativeId: string, report: DeadLetterReport): Promise<boolean> {
    const fields = this.groupFor(ref).release(ref.consumer, nativeId);
    if (fields === undefined) return false;
    const { stream, group, consumer } = ref;
    const now = this.now();
    const time = new Date(now).toISOString();
    const letter = formatReport(report, { stream, nativeId, group, consumer, time });
    this.streamOf(deadLetterStream(ref)).append([formatDeadLetter(letter, fields)], now, null);
    return true;
  }

  /** @inheritdoc */
  async deadLetters(ref: GroupRef, range: RangeOptions): Promise<StoredDeadLetter[]> {
    const entries = await this.range(deadLetterStream(ref), range);
    return entries.map(({ nativeId, fields }) => parseDeadLetter(nativeId, fields ?? []));
  }

  /** @inheritdoc */
  async redrive(ref: GroupRef, letters: readonly Redrive[]): Promise<number> {
    this.assertOpen('drive dead letters again');
    const stored = this.streamOf(deadLetterStream(ref));
    const redriven = letters.filter(({ id, nativeId }) => {
      const position = positionOf(id);
      if (stored.fieldsAt(position) === null) return false;
      return this.groupOf(ref).redrive(nativeId) && stored.delete(position);
    }).length;
    if (redriven > 0) this.streamOf(ref.stream).ring('handed_back');
    return redriven;
  }

  /** @inheritdoc */
  async discard(ref: GroupRef, letterIds: readonly string[]): Promise<number> {
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
  listen(stream: string, ring: (news: StreamNews) => void): () => void {
    return this.streamOf(stream).listen(ring);
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

  /** Forgets every stream. Idempotent; later calls reject. */
  async close(): Promise<void> {
    this.closed = true;
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

  private isHeldBy(member: Member): boolean {
    const holder = this.groups.get(groupKey(member))?.holders.get(member.consumer);
    return holder?.token === member.holder.token;
  }

  private checkNames(group: MemoryGroup, member: Member, owner: GroupOwner | undefined): void {
    const other = group.holders.get(member.consumer);
    const isAlive = other && this.isAlive(other.token);
    if (isAlive && other.token !== member.holder.token) throw nameInUse(member, other);
    if (owner && group.owner && !isDeepStrictEqual(owner, group.owner)) {
      throw groupInUse(member, group.owner);
    }
  }

  private isAlive(token: string): boolean {
    return (this.alive.get(token) ?? 0) > this.now();
  }

  /** The group, for who has the consumer's name. */
  private groupFor(member: Member): MemoryGroup {
    const group = this.groupOf(member);
    if (!this.isHeldBy(member)) throw replaced(member);
    return group;
  }

  private groupOf(ref: GroupRef): MemoryGroup {
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
function groupKey(ref: GroupRef): string {
  return JSON.stringify([ref.stream, ref.group]);
}

function startOf(
  stream: MemoryStream,
  { since, position, newest }: OpenGroupOptions,
): { start: bigint; vanished: VanishedHistory | null } {
  if (newest !== undefined && stream.neverHeld(positionOf(newest))) {
    return { start: 0n, vanished: { after: position ?? '0-0', until: null } };
  }
  const start = position ?? since;
  return { start: start === '$' ? stream.lastPosition : positionOf(start), vanished: null };
}

function closedMessage(attempt: string): string {
  return `Can't ${attempt}: the in-memory store is closed. Nothing was done; open a new one.`;
}
