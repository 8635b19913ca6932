import { ConnectionLog } from '../redis/connection-log.js';
import { deadLetterStream } from '../store/dead-letter.js';
import { describePlace } from '../redis/client-options.js';
import { RedisConnections } from '../redis/connections.js';
import { CommandRefusedError } from '../redis/connection-errors.js';
import type { RedisClient } from '../redis/redis-connection.js';
import type { RangeOptions, StoredEntry } from '../store/entries.js';

import type { RedisStoreOptions } from '../store/redis/redis.store.js';
import { countUndelivered, type Undelivered } from './undelivered.js';

/** What a stream and its consumer groups look like at a moment. */
export interface StreamState {
  /** How many entries it holds. */
  readonly length: number;
  /** Entry id of the first and of the last one; `null` where it is empty. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  /** `MEMORY USAGE`, an estimate; `null` where this Redis does not tell. */
  readonly memoryBytes: number | null;
  readonly groups: readonly GroupDetails[];
}

/** One consumer group, that is one listener of one service. */
export interface GroupDetails {
  /** `{service_name}-{listener_name}` */
  readonly name: string;
  readonly lastDeliveredId: string;
  /** Entries that were delivered and are not acknowledged. */
  readonly pending: number;
  /** Entries that were delivered to nobody yet; `null` where they can't be counted: reading is refused. */
  readonly undelivered: Undelivered | null;
  readonly oldestPending: PendingDetails | null;
  /** Length of the listener's dead-letter stream. */
  readonly deadLetters: number;
  readonly consumers: readonly ConsumerDetails[];
}

/** One pending entry. */
export interface PendingDetails {
  readonly nativeId: string;
  readonly consumer: string;
  /** Since it was last delivered or kept alive, ms. */
  readonly idleMs: number;
  /** How often it was delivered. */
  readonly deliveryCount: number;
}

/** One consumer of a group, that is one process. */
export interface ConsumerDetails {
  readonly name: string;
  readonly pending: number;
  /** Since its last read or sign of life, ms. */
  readonly idleMs: number;
}

/** Looks at streams and groups with commands that read only: it makes no group and no consumer. */
export class StreamInspector {
  private readonly connections: RedisConnections;

  /** Connects on first use. */
  constructor(options: RedisStoreOptions) {
    const log = new ConnectionLog(() => describePlace(options), options.logger);
    this.connections = new RedisConnections(options, 'inspector', log);
  }

  /**
   * @returns `null` where the stream has gone meanwhile.
   * @throws TransportError where Redis can't be reached or refuses a command.
   */
  async inspect(stream: string): Promise<StreamState | null> {
    const [info, memoryBytes, groups] = await Promise.all([
      this.unlessGone(stream, (client) => client.xinfo('STREAM', stream)),
      this.memoryUsage(stream),
      this.unlessGone(stream, (client) => client.xinfo('GROUPS', stream)),
    ]);
    if (!info || !groups) return null;
    const fields = toObject(info as unknown[]);
    const [length, firstId] = [Number(fields.length), idOf(fields['first-entry'])];
    const groupFields = (groups as unknown[][]).map(toObject);
    const undelivered = await countUndelivered(
      (options) => this.range(stream, options),
      { length, firstId, lastGeneratedId: String(fields['last-generated-id']) },
      groupFields.map(lastDeliveredIdOf),
    );
    const details = await Promise.all(
      groupFields.map((group) =>
        this.inspectGroup(stream, group, undelivered.get(lastDeliveredIdOf(group)) ?? null),
      ),
    );
    return {
      length,
      firstId,
      lastId: idOf(fields['last-entry']),
      memoryBytes,
      groups: details.filter((group) => group !== null),
    };
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.connections.close();
  }

  private async inspectGroup(
    stream: string,
    fields: Record<string, unknown>,
    undelivered: Undelivered | null,
  ): Promise<GroupDetails | null> {
    const name = String(fields.name);
    const letters = deadLetterStream({ stream, group: name });
    const [consumers, oldest, deadLetters] = await Promise.all([
      this.unlessGone(stream, (client) => client.xinfo('CONSUMERS', stream, name)),
      this.unlessGone(stream, (client) => client.xpending(stream, name, '-', '+', 1)),
      this.run(letters, (client) => client.xlen(letters)),
    ]);
    if (!consumers || !oldest) return null;
    return {
      name,
      lastDeliveredId: lastDeliveredIdOf(fields),
      pending: Number(fields.pending),
      undelivered,
      oldestPending: toPending(oldest as [string, string, number, number][]),
      deadLetters,
      consumers: (consumers as unknown[][]).map(toObject).map((consumer) => ({
        name: String(consumer.name),
        pending: Number(consumer.pending),
        idleMs: Number(consumer.idle),
      })),
    };
  }

  private async range(stream: string, { start, end, count }: RangeOptions): Promise<StoredEntry[]> {
    const entries = await this.run(stream, (client) =>
      client.xrevrange(stream, end, start, 'COUNT', count),
    );
    return entries.map(([nativeId, fields]) => ({ nativeId, fields }));
  }

  private async memoryUsage(stream: string): Promise<number | null> {
    try {
      return await this.run(stream, (client) => client.memory('USAGE', stream));
    } catch (error) {
      // Managed hosts and ACLs may forbid it.
      if (error instanceof CommandRefusedError) return null;
      throw error;
    }
  }

  private async unlessGone<T>(
    stream: string,
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await this.run(stream, command);
    } catch (error) {
      if (
        error instanceof CommandRefusedError &&
        /^(ERR no such key|NOGROUP)/.test(error.message)
      ) {
        return null;
      }
      throw error;
    }
  }

  private run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.connections.of(key).run('a while', command);
  }
}

function toObject(flat: readonly unknown[]): Record<string, unknown> {
  const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]]] : []));
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function lastDeliveredIdOf(group: Record<string, unknown>): string {
  return String(group['last-delivered-id']);
}

function idOf(entry: unknown): string | null {
  return Array.isArray(entry) ? String(entry[0]) : null;
}

function toPending([oldest]: readonly [string, string, number, number][]): PendingDetails | null {
  if (!oldest) return null;
  const [nativeId, consumer, idleMs, deliveryCount] = oldest;
  return { nativeId, consumer, idleMs, deliveryCount };
}
