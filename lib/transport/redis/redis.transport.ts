import type { Redis } from 'ioredis';
import { BusClosedError, PublishError, PublishOutcomeUnknownError } from '../../errors.js';
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
import { Doorbell } from './doorbell.js';
import { deadLetterKey } from './keys.js';
import {
  CommandOutcomeUnknownError,
  RedisConnection,
  type RedisConnectionOptions,
} from './redis-connection.js';
import * as scripts from './scripts.js';

/** After this long without any answer a connection counts as dead, ms. */
const SILENCE_MS = 10_000;

/** How long a command of a reader waits for a connection, ms. Its caller tries again. */
const WAIT_MS = 5_000;

/** A new group's backlog is counted up to here for the log. */
const COUNT_LIMIT = 100_000;

type RawEntry = [id: string, fields: string[] | null];
type RawPending = [id: string, fields: string[] | null, deliveryCount: number];

/** {@link EventTransport} on Redis Streams: two connections, however many listeners there are. */
export class RedisTransport implements EventTransport {
  readonly description: string;
  private readonly commands: RedisConnection;
  private readonly doorbell: Doorbell;
  private closed = false;

  /** Connects on first use. */
  constructor(options: RedisConnectionOptions) {
    this.commands = new RedisConnection(options, 'commands', SILENCE_MS);
    this.doorbell = new Doorbell(options, (id) => this.unblock(id));
    this.description = this.commands.description;
  }

  connect(timeoutMs: number): Promise<void> {
    return this.commands.ready(timeoutMs);
  }

  async append(
    stream: string,
    entries: readonly FlatFields[],
    { maxLength, timeoutMs }: AppendOptions,
  ): Promise<string[]> {
    if (this.closed)
      throw new BusClosedError(`Nothing was stored on '${stream}': the bus is closed.`);
    const trim = maxLength ? ['MAXLEN', '~', String(maxLength)] : [];
    const commands = entries.map((fields) => ['xadd', stream, ...trim, '*', ...fields]);
    const deadline = Date.now() + timeoutMs;
    let written = false;
    let expired = false;
    const stored = this.commands.run(timeoutMs, async (client) => {
      // The caller has been told that nothing was stored; that must stay true.
      if (expired) throw new TimeoutError('no connection in time');
      written = true;
      const [only] = commands;
      if (commands.length === 1 && only) return [(await client.call(...asCall(only))) as string];
      const results = (await client.multi(commands).exec()) ?? [];
      return results.map(([error, id]) => {
        if (error) throw error;
        return id as string;
      });
    });
    try {
      return await within(stored, deadline - Date.now());
    } catch (error) {
      expired = true;
      const what = `${entries.length === 1 ? 'an event' : `${entries.length} events`} on '${stream}'`;
      const why = error instanceof Error ? error.message : String(error);
      if (
        error instanceof CommandOutcomeUnknownError ||
        (error instanceof TimeoutError && written)
      ) {
        throw new PublishOutcomeUnknownError(
          `It is not known whether Redis stored ${what}: ${why}. ` +
            'Look for the id in the history before firing it again.',
          entries.map(idOf),
          { cause: error },
        );
      }
      throw new PublishError(`Redis did not store ${what}: ${why}`, { cause: error });
    }
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
    const entries = (reply as [string, RawEntry[]][] | null)?.[0]?.[1] ?? [];
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
    this.closed = true;
    await Promise.all([this.doorbell.close(), this.commands.close()]);
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
      lastDeliveredId: String(found?.['last-delivered-id'] ?? '0-0'),
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

class TimeoutError extends Error {}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError('no answer in time')), Math.max(timeoutMs, 0));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function asCall(command: readonly string[]): [string, ...string[]] {
  const [name = '', ...args] = command;
  return [name, ...args];
}

function idOf(fields: FlatFields): string {
  return fields[fields.indexOf('id') + 1] ?? '';
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
