import type { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type {
  AppendOptions,
  ClaimedPage,
  ConsumerRef,
  DeadLetterReport,
  EventTransport,
  FlatFields,
  GroupState,
  PendingEntry,
  RangeOptions,
  StoredEntry,
} from '../transport.js';
import type { DurabilityVerdict } from '../durability.js';
import { Appender } from './appender.js';
import { ConnectionLog } from './connection-log.js';
import { Doorbell } from './doorbell.js';
import { judge } from './durability-verdict.js';
import { readFacts } from './durability.js';
import { deadLetterKey } from './keys.js';
import { describeUrl, RedisConnection, type RedisConnectionOptions } from './redis-connection.js';
import { ReplicatedAppender } from './replicated-appender.js';
import * as scripts from './scripts.js';

/** After this long without any answer a connection counts as dead, ms. */
const SILENCE_MS = 10_000;

/** How long a command of a reader waits for a connection, ms. Its caller tries again. */
const WAIT_MS = 5_000;

/** A new group's backlog is counted up to here for the log. */
const COUNT_LIMIT = 100_000;

type RawEntry = [id: string, fields: string[] | null];
type RawPending = [id: string, fields: string[] | null, deliveryCount: number];

/** Options of {@link RedisTransport}. */
export interface RedisTransportOptions extends RedisConnectionOptions {
  /** Is told when the connection to Redis is lost, and when it is back: once each. */
  readonly logger: Pick<Logger, 'log' | 'error'>;
  /** Lightbus setting `min_replicas`. @default 0 */
  readonly minReplicas?: number;
}

/**
 * {@link EventTransport} on Redis Streams: two connections, however many listeners there are, and a
 * third for events that replicas must confirm.
 */
export class RedisTransport implements EventTransport {
  readonly description: string;
  private readonly commands: RedisConnection;
  private readonly doorbell: Doorbell;
  private readonly appender: Appender;
  private readonly minReplicas: number;
  private readonly replicated?: ReplicatedAppender;

  /** Connects on first use. */
  constructor(options: RedisTransportOptions) {
    this.description = describeUrl(options.url);
    const log = new ConnectionLog(this.description, options.logger);
    this.commands = new RedisConnection(options, 'commands', SILENCE_MS, log);
    this.doorbell = new Doorbell(options, log, (id) => this.unblock(id));
    this.appender = new Appender(this.commands);
    this.minReplicas = options.minReplicas ?? 0;
    if (this.minReplicas > 0) {
      this.replicated = new ReplicatedAppender(options, log, this.minReplicas);
    }
  }

  async connect(timeoutMs: number): Promise<void> {
    await Promise.all([this.commands.ready(timeoutMs), this.replicated?.connect(timeoutMs)]);
  }

  async audit(): Promise<DurabilityVerdict> {
    return judge(await this.run(readFacts), this.minReplicas);
  }

  append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    return (this.replicated ?? this.appender).append(stream, entries, options);
  }

  async openGroup({ stream, group, consumer }: ConsumerRef, since: string): Promise<GroupState> {
    const created = await this.run(async (client) => {
      const results = await client
        .multi([
          // MKSTREAM and not Lightbus's no-op entry: Python accepts both, and history stays clean.
          ['xgroup', 'CREATE', stream, group, since, 'MKSTREAM'],
          // In the same step: Python's start destroys every group that has no consumer.
          ['xgroup', 'CREATECONSUMER', stream, group, consumer],
        ])
        .exec();
      const [createError, addError] = (results ?? []).map(([error]) => error);
      const exists = createError?.message.startsWith('BUSYGROUP');
      const error = exists ? addError : (createError ?? addError);
      if (error) throw error;
      return !exists;
    });
    const state = await this.groupState(stream, group);
    const ahead =
      state.ahead ?? (created ? await this.countAfter(stream, state.lastDeliveredId) : null);
    return { ...state, created, ahead };
  }

  async readPending(ref: ConsumerRef, after: string, count: number): Promise<PendingEntry[]> {
    const reply = await this.eval(scripts.READ_PENDING, ref, after, count);
    return (reply as RawPending[]).map(toPending);
  }

  async claim(
    ref: ConsumerRef,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    const reply = await this.eval(scripts.CLAIM, ref, minIdleMs, cursor, count);
    const [next, entries] = reply as [string | null, RawPending[]];
    return { next, entries: entries.map(toPending) };
  }

  async readNew({ stream, group, consumer }: ConsumerRef, count: number): Promise<PendingEntry[]> {
    const reply = await this.run((client) =>
      client.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    );
    const entries: RawEntry[] = reply?.[0]?.[1] ?? [];
    return entries.map(([nativeId, fields]) => ({ nativeId, fields, deliveryCount: 1 }));
  }

  async acknowledge(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return (await this.eval(scripts.ACKNOWLEDGE, ref, ...nativeIds)) as string[];
  }

  async keepAlive(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]> {
    return (await this.eval(scripts.KEEP_ALIVE, ref, ...nativeIds)) as string[];
  }

  async deadLetter(
    { stream, group, consumer }: ConsumerRef,
    nativeId: string,
    report: DeadLetterReport,
  ): Promise<boolean> {
    const letter = JSON.stringify({
      ...report,
      stream,
      nativeId,
      group,
      consumer,
      time: new Date().toISOString(),
    });
    const key = deadLetterKey(stream, group);
    const done = await this.run((client) =>
      client.eval(scripts.DEAD_LETTER, 2, stream, key, group, consumer, nativeId, letter),
    );
    return done === 1;
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

  async findStreams(prefix: string, suffix: string): Promise<string[]> {
    const pattern = `${escapeGlob(prefix)}*${escapeGlob(suffix)}`;
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await this.run((client) =>
        client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000, 'TYPE', 'stream'),
      );
      keys.forEach((key) => found.add(key));
      cursor = next;
    } while (cursor !== '0');
    return [...found];
  }

  async close(): Promise<void> {
    this.appender.close();
    await Promise.all([this.doorbell.close(), this.commands.close(), this.replicated?.close()]);
  }

  private run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    return this.commands.run(WAIT_MS, command);
  }

  private eval(script: string, ref: ConsumerRef, ...args: (string | number)[]): Promise<unknown> {
    return this.run((client) =>
      client.eval(script, 1, ref.stream, ref.group, ref.consumer, ...args),
    );
  }

  private async groupState(stream: string, group: string): Promise<Omit<GroupState, 'created'>> {
    const groups = (await this.run((client) => client.xinfo('GROUPS', stream))) as unknown[][];
    const found = groups.map(toObject).find(({ name }) => name === group);
    return {
      lastDeliveredId: (found?.['last-delivered-id'] as string | undefined) ?? '0-0',
      // Since Redis 7; nil after deletions, and in a group that was made in the middle of a stream.
      ahead: typeof found?.lag === 'number' ? found.lag : null,
    };
  }

  private async countAfter(stream: string, id: string): Promise<number | null> {
    const count = await this.run((client) =>
      client.eval(scripts.COUNT_AFTER, 1, stream, id, COUNT_LIMIT),
    );
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

function toObject(flat: readonly unknown[]): Record<string, unknown> {
  const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]]] : []));
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
