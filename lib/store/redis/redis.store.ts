import type { Logger } from '@nestjs/common';
import { PublishError } from '../../errors.js';
import { idOf } from '../../wire/by-field.js';
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
import { deadLetterStream, parseDeadLetter } from '../dead-letter.js';
import { Appender } from './appender.js';
import { ConnectionLog } from '../../redis/connection-log.js';
import { Doorbell } from './doorbell.js';
import { leaseKey, positionKey } from './keys.js';
import type { DurabilityVerdict } from '../../durability/durability.js';
import { judge } from '../../durability/judge-redis.js';
import { readFacts } from '../../durability/redis-facts.js';
import { describePlace } from '../../redis/client-options.js';
import {
  RedisConnection,
  type RedisConnectionOptions,
  type RedisClient,
} from '../../redis/redis-connection.js';
import { runScript, type Script } from '../../redis/script.js';
import { ServerClock } from '../../redis/server-clock.js';
import { ReplicatedAppender } from './replicated-appender.js';
import { DeadLetterStreams } from './dead-letter-streams.js';
import * as scripts from './scripts.generated.js';
import { StreamFinder } from './stream-finder.js';
import { StreamScan } from './stream-scan.js';

/** After this long without any answer a connection counts as dead, ms. */
const SILENCE_MS = 10_000;

/** How long a command of a reader waits for a connection, ms. Its caller tries again. */
const WAIT_MS = 5_000;

/** How many appends may wait for their answers: memory must stay bounded while Redis is away. */
const MAX_APPENDING = 10_000;

/** A new group's backlog is counted up to here for the log. */
const COUNT_LIMIT = 100_000;

type RawEntry = [id: string, fields: string[] | null];
type RawPending = [id: string, fields: string[] | null, deliveryCount: number];
type RawLost = [after: string, until?: string | null] | null;
type RawGroup = [
  created: number,
  lastDeliveredId: string,
  lag: number | null,
  lost: RawLost,
  newest: string | null,
  vanished: number,
];

/** Options of {@link RedisStore}. */
export interface RedisStoreOptions extends RedisConnectionOptions {
  /** Is told when the connection to Redis is lost, and when it is back: once each. */
  readonly logger: Pick<Logger, 'log' | 'error'>;
  /** Lightbus setting `min_replicas`. @default 0 */
  readonly minReplicas?: number;
}

/**
 * {@link EventStore} on Redis Streams: two connections, however many listeners there are, and a
 * third for events that replicas must confirm.
 */
export class RedisStore implements EventStore {
  readonly description: string;
  private readonly commands: RedisConnection;
  private readonly doorbell: Doorbell;
  private readonly appender: Appender;
  private readonly serverClock: ServerClock;
  private readonly finder: StreamFinder;
  private readonly letters: DeadLetterStreams;
  private appending = 0;
  private readonly minReplicas: number;
  private readonly replicated?: ReplicatedAppender;

  /** Connects on first use. */
  constructor(options: RedisStoreOptions) {
    this.description = describePlace(options);
    const log = new ConnectionLog(this.description, options.logger);
    this.commands = new RedisConnection(options, 'commands', SILENCE_MS, log, scripts.SCRIPTS);
    this.doorbell = new Doorbell(options, log, options.logger, (id) => this.unblock(id));
    this.finder = new StreamFinder(this.commands, options.logger);
    this.appender = new Appender(this.commands);
    this.serverClock = new ServerClock(this.commands.client);
    this.letters = new DeadLetterStreams((command) => this.run(command));
    this.minReplicas = options.minReplicas ?? 0;
    if (this.minReplicas > 0) {
      this.replicated = new ReplicatedAppender(options, log, this.minReplicas);
    }
  }

  get session(): number {
    return this.commands.session;
  }

  get time(): number | undefined {
    return this.serverClock.now();
  }

  async connect(timeoutMs: number): Promise<void> {
    await Promise.all([this.commands.ready(timeoutMs), this.replicated?.connect(timeoutMs)]);
  }

  async audit(): Promise<DurabilityVerdict> {
    return judge(await this.run(readFacts), this.minReplicas);
  }

  async append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    if (this.appending >= MAX_APPENDING) {
      throw new PublishError(
        `Redis at ${this.description} did not store an event on '${stream}': ${MAX_APPENDING} others are ` +
          'waiting to be stored. Await each fire, or fire more slowly.',
        entries.map(idOf),
      );
    }
    this.appending++;
    try {
      return await (this.replicated ?? this.appender).append(stream, entries, options);
    } finally {
      this.appending--;
    }
  }

  async lease(
    { stream, group, consumer }: ConsumerRef,
    holder: LeaseHolder,
    ttlMs: number,
  ): Promise<LeaseHolder | null> {
    const key = leaseKey(stream, group, consumer);
    const other = await this.script(scripts.LEASE, [key], [JSON.stringify(holder), ttlMs]);
    return typeof other === 'string' ? (JSON.parse(other) as LeaseHolder) : null;
  }

  async release({ stream, group, consumer }: ConsumerRef, holder: LeaseHolder): Promise<void> {
    const key = leaseKey(stream, group, consumer);
    await this.script(scripts.RELEASE, [key], [JSON.stringify(holder)]);
  }

  async groupPosition({
    stream,
    group,
  }: Pick<ConsumerRef, 'stream' | 'group'>): Promise<string | null> {
    return (await this.script(scripts.GROUP_POSITION, [stream], [group])) as string | null;
  }

  async openGroup(
    ref: ConsumerRef,
    { since, position = '', newest = '' }: OpenGroupOptions,
  ): Promise<GroupState> {
    const args = [since, position, newest, COUNT_LIMIT] as const;
    const reply = await this.scriptWithPosition(scripts.OPEN_GROUP, ref, ...args);
    const [created, lastDeliveredId, lag, lost, held, vanished] = reply as RawGroup;
    // Redis knows no lag after deletions, and for a group made within a stream.
    const ahead = lag ?? (created ? await this.countAfter(ref.stream, lastDeliveredId) : null);
    return {
      ...{ created: created === 1, vanished: vanished === 1, lastDeliveredId, ahead },
      ...{ lost: toLost(lost), newest: held },
    };
  }

  async maintain(
    ref: ConsumerRef,
    consumerTtlMs: number,
    newest = '',
  ): Promise<LostHistory | null> {
    return toLost(
      (await this.scriptWithPosition(scripts.MAINTAIN, ref, consumerTtlMs, newest)) as RawLost,
    );
  }

  async readPending(ref: ConsumerRef, after: string, count: number): Promise<PendingEntry[]> {
    const reply = await this.scriptOn(scripts.READ_PENDING, ref, after, count);
    return (reply as RawPending[]).map(toPending);
  }

  async claim(
    ref: ConsumerRef,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    const reply = await this.scriptOn(scripts.CLAIM, ref, minIdleMs, cursor, count);
    const [next, entries] = reply as [string | null, RawPending[]];
    return { next, entries: entries.map(toPending) };
  }

  async readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]> {
    const entries = (await this.scriptOn(scripts.READ_NEW, ref, count)) as RawEntry[];
    return entries.map(([nativeId, fields]) => ({ nativeId, fields, deliveryCount: 1 }));
  }

  async acknowledge(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return (await this.scriptWithPosition(scripts.ACKNOWLEDGE, ref, ...nativeIds)) as string[];
  }

  async keepAlive(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return (await this.scriptOn(scripts.KEEP_ALIVE, ref, ...nativeIds)) as string[];
  }

  deadLetter(ref: ConsumerRef, nativeId: string, report: DeadLetterReport): Promise<boolean> {
    return this.letters.add(ref, nativeId, report);
  }

  async deadLetters(
    { stream, group }: Pick<ConsumerRef, 'stream' | 'group'>,
    range: RangeOptions,
  ): Promise<StoredDeadLetter[]> {
    const entries = await this.range(deadLetterStream({ stream, group }), range);
    return entries.map(({ nativeId, fields }) => parseDeadLetter(nativeId, fields ?? []));
  }

  redrive(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    letters: readonly Redrive[],
  ): Promise<number> {
    return this.letters.redrive(ref, letters);
  }

  discard(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    letterIds: readonly string[],
  ): Promise<number> {
    return this.letters.discard(ref, letterIds);
  }

  async range(
    stream: string,
    { start, end, count, reverse }: RangeOptions,
  ): Promise<StoredEntry[]> {
    const entries = await this.run((client) =>
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

  whenAppended(stream: string, after: string, signal: AbortSignal): Promise<string> {
    return this.doorbell.wait(stream, after, signal);
  }

  async findStreams(): Promise<string[]> {
    return [...(await new StreamScan(this.commands).all())];
  }

  streamsOfApi(apiName: string, complete: boolean): Promise<string[]> {
    return this.finder.streamsOfApi(apiName, complete);
  }

  announce(apiName: string, stream: string): void {
    this.finder.announce(apiName, stream);
  }

  async close(): Promise<void> {
    this.appender.close();
    this.finder.close();
    await Promise.all([this.doorbell.close(), this.commands.close(), this.replicated?.close()]);
  }

  private run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.commands.run(WAIT_MS, command);
  }

  private script(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.run((client) => runScript(client, script, keys, args));
  }

  private scriptOn(
    script: Script,
    { stream, group, consumer }: ConsumerRef,
    ...args: (string | number)[]
  ): Promise<unknown> {
    return this.script(script, [stream], [group, consumer, ...args]);
  }

  private scriptWithPosition(
    script: Script,
    { stream, group, consumer }: ConsumerRef,
    ...args: (string | number)[]
  ): Promise<unknown> {
    return this.script(script, [stream, positionKey(stream, group)], [group, consumer, ...args]);
  }

  private async countAfter(stream: string, id: string): Promise<number | null> {
    const count = await this.script(scripts.COUNT_AFTER, [stream], [id, COUNT_LIMIT]);
    return typeof count === 'number' && count < COUNT_LIMIT ? count : null;
  }

  private async unblock(clientId: number): Promise<boolean> {
    try {
      return (await this.run((client) => client.client('UNBLOCK', clientId))) === 1;
    } catch {
      // Then the read ends by itself, seconds later; the connection reports its own trouble.
      return true;
    }
  }
}

function toPending([nativeId, fields, deliveryCount]: RawPending): PendingEntry {
  return { nativeId, fields: fields ?? null, deliveryCount };
}

function toLost(lost: RawLost): LostHistory | null {
  return lost && { after: lost[0], until: lost[1] ?? null };
}
