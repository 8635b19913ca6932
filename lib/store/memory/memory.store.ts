import { randomUUID } from 'node:crypto';
import type { DurabilityVerdict } from '../../durability/durability.js';
import { BusClosedError, PublishError } from '../../fire-errors.js';
import { idOf } from '../../wire/one-field.js';
import { formatEntryId } from '../../wire/entry-id.js';
import { isStreamOfEvents, parseStreamName } from '../../wire/stream-names.js';
import type { EntityPlace, EntityRef, EventKeys, Expectation } from '../entities.js';
import type { FlatFields, RangeOptions, StoredEntry } from '../entries.js';
import type {
  AppendOnceOptions,
  AppendOptions,
  EventStore,
  OncePlace,
  TellStreamNews,
} from '../event-store.js';
import { closedMessage, parseGroupKey } from './memory-contents.js';
import { positionOf } from '../positions.js';
import { foundUnder } from '../once.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';
import { MemoryIndex } from './memory-index.js';
import { MemoryOnce } from './memory-once.js';
import { concurrency } from '../expectation.js';

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
export class MemoryStore extends MemoryDeadLetters implements EventStore {
  readonly description = "this process's memory";
  readonly place = `memory ${randomUUID()}`;

  private readonly once = new MemoryOnce();
  private readonly indexes = new Map<string, MemoryIndex>();
  private readonly snapshots = new Map<string, string>();

  constructor(options: MemoryStoreOptions = {}) {
    super(options.now ?? Date.now);
  }

  /** There are no connections. */
  session(): number {
    return 0;
  }

  /** Nobody waits for a connection. */
  hurry(): void {}

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
    // No warning: who configures this store means it.
    return {
      durable: false,
      findings: [{ level: 'note', text: 'events die with this process' }],
    };
  }

  /** Memory has no limits but its own. */
  checkSize(): void {}

  /** @inheritdoc */
  async append(
    stream: string,
    entries: readonly FlatFields[],
    { maxLength }: AppendOptions,
  ): Promise<string[]> {
    this.assertStorable(stream, entries);
    const isPast = (fields: FlatFields) => this.isPast(fields);
    return this.streamOf(stream).append(entries, this.now(), maxLength, isPast).map(formatEntryId);
  }

  /** @inheritdoc */
  async appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    { onceWithinMs, maxLength, areNew, expected }: AppendOnceOptions,
  ): Promise<OncePlace[]> {
    this.assertStorable(stream, entries);
    const target = this.streamOf(stream);
    const now = this.now();
    const there = entries.map((fields) =>
      this.once.find(stream, target, fields, now, areNew ? 0 : onceWithinMs),
    );
    const missing = entries.filter((_, i) => there[i] === undefined);
    if (expected && missing.length > 0) this.check(stream, entries, expected);
    const added = target.append(missing, now, maxLength, (fields) => this.isPast(fields));
    missing.forEach((fields, i) =>
      this.once.remember(stream, fields, added[i] as bigint, now + onceWithinMs),
    );
    let next = 0;
    const index = expected && this.indexOf(stream, expected.keys);
    return there.map((wasAt, i) => {
      const position = wasAt ?? added[next++] ?? 0n;
      const sequence = expected ? (index?.sequenceOf(expected.entity, position) ?? 0) : 0;
      return {
        nativeId: formatEntryId(position),
        ...(sequence > 0 && { sequence }),
        ...(wasAt !== undefined && {
          found: foundUnder(entries[i] ?? [], target.fieldsAt(position)),
        }),
      };
    });
  }

  /** @inheritdoc */
  async eventKeys(stream: string, ours: EventKeys): Promise<EventKeys> {
    this.assertOpen(`read '${stream}'`);
    return this.indexOf(stream, ours).tell(ours);
  }

  /** @inheritdoc */
  async entityPlaces(
    stream: string,
    ours: EventKeys,
    entity: EntityRef,
    range: RangeOptions,
    signal?: AbortSignal,
  ): Promise<EntityPlace[]> {
    this.assertOpen(`read '${stream}'`);
    signal?.throwIfAborted();
    return this.indexOf(stream, ours).places(entity, range);
  }

  /** @inheritdoc */
  async entitiesBehind(stream: string): Promise<number> {
    this.assertOpen(`read '${stream}'`);
    return this.indexes.get(stream)?.behind ?? this.streamOf(stream).facts.length;
  }

  /** @inheritdoc */
  async entriesAt(stream: string, nativeIds: readonly string[]): Promise<StoredEntry[]> {
    this.assertOpen(`read '${stream}'`);
    const target = this.streamOf(stream);
    return nativeIds.map((nativeId) => {
      return { nativeId, fields: target.fieldsAt(positionOf(nativeId)) as string[] | null };
    });
  }

  /** @inheritdoc */
  async readSnapshot(stream: string, name: string): Promise<string | undefined> {
    this.assertOpen(`read a snapshot of '${stream}'`);
    return this.snapshots.get(JSON.stringify([stream, name]));
  }

  /** @inheritdoc */
  async writeSnapshot(stream: string, name: string, text: string): Promise<void> {
    this.assertOpen(`write a snapshot of '${stream}'`);
    this.snapshots.set(JSON.stringify([stream, name]), text);
  }

  /** @inheritdoc */
  listen(stream: string, ring: TellStreamNews): () => void {
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
      .map(([key, { held, ahead }]) => ({
        ...parseGroupKey(key),
        ...{ pending: held, undelivered: ahead },
      }))
      .filter(({ pending, undelivered }) => pending + undelivered > 0);
  }

  private check(stream: string, entries: readonly FlatFields[], expected: Expectation): void {
    const { keys, entity, version, last } = expected;
    const index = this.indexOf(stream, keys);
    const actual = index.sizeOf(entity);
    if (version === 'any') return;
    const isSame = last === undefined || index.sequenceOf(entity, positionOf(last)) === actual;
    if (version !== actual || !isSame) throw concurrency(stream, entries, expected, actual);
  }

  private indexOf(stream: string, ours: EventKeys): MemoryIndex {
    const index = this.indexes.get(stream) ?? new MemoryIndex(stream, this.streamOf(stream));
    this.indexes.set(stream, index);
    index.tell(ours);
    return index;
  }

  private assertStorable(stream: string, entries: readonly FlatFields[]): void {
    const ids = entries.map(idOf);
    if (this.isClosed) {
      throw new BusClosedError(closedMessage(`store an event on '${stream}'`), { ids });
    }
    if (entries.some((fields) => fields.length === 0 || fields.length % 2 !== 0)) {
      throw new PublishError(
        `Can't store entries on '${stream}': ERR wrong number of arguments for 'xadd' command. ` +
          'An entry needs pairs of field name and value, at least one. Nothing was stored.',
        { ids },
      );
    }
  }

  /** @inheritdoc */
  override async close(): Promise<void> {
    await super.close();
    this.once.clear();
    this.indexes.clear();
    this.snapshots.clear();
  }
}
