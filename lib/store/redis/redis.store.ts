import type { Logger } from '@nestjs/common';
import { PublishError, StoredEventUnreadError } from '../../fire-errors.js';
import { idOf } from '../../wire/one-field.js';
import type { GroupRef } from '../consumer-groups.js';
import type { EntityPlace, EntityRef, EventKeys } from '../entities.js';
import type {
  FlatFields,
  FoundHeads,
  HeadsOptions,
  RangeOptions,
  StoredEntry,
} from '../entries.js';
import type {
  AppendOnceOptions,
  AppendOptions,
  EventStore,
  OncePlace,
  StoredDeadLetter,
  TellStreamNews,
} from '../event-store.js';
import { deadLetterStream, parseDeadLetter } from '../dead-letter.js';
import { leftToTakeIn } from '../entities.js';
import { Appender, checkSize } from './appender.js';
import { ConnectionLog } from '../../redis/connection-log.js';
import { readById } from './entries-by-id.js';
import { readHeads } from './entry-heads.js';
import { readEventKeys, readPlaces, type RunIndexScript } from './entity-index.js';
import { readFound } from './found-entries.js';
import { Bell, type LastNews } from './bell.js';
import type { DurabilityVerdict } from '../../durability/durability.js';
import { clock } from '../../timing/clock.js';
import { judge } from '../../durability/judge-redis.js';
import { readFacts } from '../../durability/redis-facts.js';
import { describePlace, placeKey } from '../../redis/client-options.js';
import { RedisConnections } from '../../redis/connections.js';
import type { RedisConnectionOptions } from '../../redis/redis-connection.js';
import { failsAgain } from '../../redis/refusal.js';
import { ServerClock } from '../../redis/server-clock.js';
import { ReplicatedAppender } from './replicated-appender.js';
import { bellKey, indexKeys } from './keys.js';
import { RedisRetirement } from './redis-retirement.js';
import type { InspectOptions, StreamState } from '../inspection.js';
import { RedisInspection } from './redis-inspection.js';
import { RedisSnapshots } from './redis-snapshots.js';
import * as scripts from './scripts.generated.js';
import { StreamFinder } from './stream-finder.js';
import { StreamScan } from './stream-scan.js';

/** How many appends may wait for their answers: memory must stay bounded while Redis is away. */
const MAX_APPENDING = 10_000;

type RawEntry = [id: string, fields: string[] | null];

/** Options of {@link RedisStore}. */
export interface RedisStoreOptions extends RedisConnectionOptions {
  /** Is told when the connection to Redis is lost, and when it is back: once each; and what works otherwise there. */
  readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>;
  /** Lightbus setting `min_replicas`. @default 0 */
  readonly minReplicas?: number;
}

/**
 * {@link EventStore} on Redis Streams: two connections, however many listeners there are, and a
 * third for events that replicas must confirm.
 */
export class RedisStore extends RedisRetirement implements EventStore {
  readonly place: string;
  protected readonly connections: RedisConnections;
  private readonly bell: Bell;
  private readonly appending: Appender | ReplicatedAppender;
  private readonly serverClock: ServerClock;
  private readonly finder: StreamFinder;
  private readonly snapshots: RedisSnapshots;
  private readonly inspection: RedisInspection;
  private readonly minReplicas: number;
  private readonly replicated?: ReplicatedAppender;

  /** Connects on first use. */
  constructor(private readonly options: RedisStoreOptions) {
    super();
    this.place = placeKey(options);
    const log = new ConnectionLog(() => this.description, options.logger);
    this.connections = new RedisConnections(options, 'commands', log, scripts.SCRIPTS);
    this.bell = new Bell(options, log, options.logger, (stream) => this.lastNewsOf(stream));
    this.finder = new StreamFinder(this.connections, options.logger);
    this.snapshots = new RedisSnapshots(this.connections);
    this.serverClock = new ServerClock(this.connections.node.client);
    this.inspection = new RedisInspection(this.connections, () =>
      Math.floor(this.time ?? new Date().getTime()),
    );
    this.minReplicas = options.minReplicas ?? 0;
    if (this.minReplicas > 0) {
      this.replicated = new ReplicatedAppender(options, log, this.minReplicas);
    }
    this.appending = this.replicated ?? new Appender(this.connections);
  }

  get description(): string {
    return describePlace(this.options);
  }

  session(stream: string): number {
    return this.connections.of(stream).session;
  }

  get time(): number | undefined {
    return this.serverClock.now();
  }

  async connect(timeoutMs: number): Promise<void> {
    await Promise.all([this.connections.ready(timeoutMs), this.replicated?.connect(timeoutMs)]);
  }

  async audit(): Promise<DurabilityVerdict> {
    return judge(await this.connections.node.run('a while', readFacts), this.minReplicas);
  }

  readonly checkSize = checkSize;

  append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    const refusal = this.refusal(stream, entries);
    if (refusal) return Promise.reject(refusal);
    return this.appending.append(stream, entries, options, this.sentTo(stream));
  }

  async appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOnceOptions,
  ): Promise<OncePlace[]> {
    const deadline = clock.now() + options.timeoutMs;
    const refusal = this.refusal(stream, entries);
    if (refusal) throw refusal;
    const places = await this.appending.appendOnce(stream, entries, options, this.sentTo(stream));
    try {
      const leftMs = deadline - clock.now();
      return await readFound(this.connections.of(stream), stream, places, entries, leftMs);
    } catch (cause) {
      const stored = entries.map((fields, i) => {
        return { id: idOf(fields), nativeId: places[i]?.nativeId ?? '', stream };
      });
      throw new StoredEventUnreadError(
        `All is stored on '${stream}', some of it before, under the ids that were given; but what that ` +
          `is could not be read: ${(cause as Error).message}. Fire again with the ids of this error.`,
        { ids: entries.map(idOf), stored, retry: failsAgain(cause) ? 'never' : 'with_ids' },
        { cause },
      );
    }
  }

  async deadLetters(ref: GroupRef, range: RangeOptions): Promise<StoredDeadLetter[]> {
    const entries = await this.range(deadLetterStream(ref), range);
    return entries.map(({ nativeId, fields }) => parseDeadLetter(nativeId, fields ?? []));
  }

  async range(
    stream: string,
    { start, end, count, reverse }: RangeOptions,
  ): Promise<StoredEntry[]> {
    // From an id that no entry is at or before, XREVRANGE goes through the whole stream, from its end.
    if (reverse && end !== '+' && !(await this.hasUpTo(stream, end))) return [];
    const entries = await this.run(stream, (client) =>
      reverse
        ? client.xrevrange(stream, end, start, 'COUNT', count)
        : client.xrange(stream, start, end, 'COUNT', count),
    );
    // `COUNT 0` has a nil reply, which the types don't know.
    return ((entries as RawEntry[] | null) ?? []).map(([nativeId, fields]) => ({
      nativeId,
      fields,
    }));
  }

  heads(
    stream: string,
    ranges: readonly RangeOptions[],
    options: HeadsOptions,
  ): Promise<FoundHeads> {
    return readHeads(stream, ranges, options, (script, keys, args) =>
      this.script(script, keys, args),
    );
  }

  async eventKeys(stream: string, ours: EventKeys): Promise<EventKeys> {
    return readEventKeys(stream, ours, this.runIndexScript);
  }

  async entityPlaces(
    stream: string,
    ours: EventKeys,
    entity: EntityRef,
    range: RangeOptions,
    signal?: AbortSignal,
  ): Promise<EntityPlace[]> {
    return readPlaces(stream, ours, entity, range, this.runIndexScript, signal);
  }

  async entitiesBehind(stream: string): Promise<number> {
    const [, index] = indexKeys(stream);
    const [length, count] = await this.run(stream, (client) =>
      Promise.all([client.xlen(stream), client.hget(index, 'count')]),
    );
    return leftToTakeIn(length, Number(count));
  }

  async entriesAt(stream: string, nativeIds: readonly string[]): Promise<StoredEntry[]> {
    const read = await readById((command) => this.run(stream, command), stream, nativeIds);
    return nativeIds.map((nativeId, i) => ({ nativeId, fields: read[i] ?? null }));
  }

  readSnapshot(stream: string, name: string): Promise<string | undefined> {
    return this.snapshots.readSnapshot(stream, name);
  }

  writeSnapshot(stream: string, name: string, text: string): Promise<void> {
    return this.snapshots.writeSnapshot(stream, name, text);
  }

  inspect(stream: string, options: InspectOptions = {}): Promise<StreamState | null> {
    return this.inspection.inspect(stream, options);
  }

  stillPending(ref: GroupRef, nativeIds: readonly string[]): Promise<string[]> {
    return this.inspection.stillPending(ref, nativeIds);
  }

  listen(stream: string, ring: TellStreamNews): () => void {
    return this.bell.listen(stream, ring);
  }

  async findStreams(): Promise<string[]> {
    return [...(await new StreamScan(this.connections.node).all())];
  }

  streamsOfApi(apiName: string, complete: boolean): Promise<string[]> {
    return this.finder.streamsOfApi(apiName, complete);
  }

  announce(apiName: string, stream: string): void {
    this.finder.announce(apiName, stream);
  }

  hurry(): void {
    this.connections.hurry();
  }

  async close(): Promise<void> {
    this.finder.close();
    await Promise.all([this.appending.close(), this.bell.close(), this.connections.close()]);
  }

  /** Where too many events wait to be stored. */
  private refusal(stream: string, entries: readonly FlatFields[]): PublishError | undefined {
    if (this.appending.underWay < MAX_APPENDING) return undefined;
    return new PublishError(
      `Redis at ${this.description} did not store an event on '${stream}': ${MAX_APPENDING} others are ` +
        'waiting to be stored. Await each fire, or fire more slowly.',
      { ids: entries.map(idOf), retry: 'again' },
    );
  }

  /** What is told when an entry was sent to a stream. */
  private sentTo(stream: string): () => void {
    return () => {
      if (this.bell.sent(stream)) this.connections.of(stream).linger();
    };
  }

  private async hasUpTo(stream: string, end: string): Promise<boolean> {
    const first = await this.run(stream, (client) => client.xrange(stream, '-', end, 'COUNT', 1));
    return first.length > 0;
  }

  private readonly runIndexScript: RunIndexScript = (script, keys, args) =>
    this.script(script, keys, args);

  private async lastNewsOf(stream: string): Promise<LastNews> {
    const reply = await this.script(scripts.LAST_NEWS, [stream, bellKey(stream)], []);
    const [appended, handedBack] = reply as [string | null, string | null];
    return { appended, handed_back: handedBack };
  }
}
