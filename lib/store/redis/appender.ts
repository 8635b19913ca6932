import {
  BusClosedError,
  ConcurrencyError,
  PublishError,
  PublishOutcomeUnknownError,
} from '../../fire-errors.js';
import type { RedisConnections } from '../../redis/connections.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { commandOf, type RedisCommand } from '../../redis/command.js';
import { transaction } from '../../redis/transaction.js';
import { failsAgain } from '../../redis/refusal.js';
import { Deadlines } from '../../timing/deadlines.js';
import { idOf } from '../../wire/one-field.js';
import { printable } from '../../wire/printable.js';
import type { FlatFields } from '../entries.js';
import type { AppendOnceOptions, AppendOptions, SizeOptions } from '../event-store.js';
import { AppendAttempt, type Failure } from './append-attempt.js';
import type { AppendCommands } from './append-commands.js';
import { tooLarge, tooLargeForOnce } from './append-limits.js';
import { appendOnce, type FoundOrStored } from './append-once.js';

/** `EventStore.append` and `appendOnce` on connections, which says truthfully whether the entries are stored. */
export class Appender {
  private closed = false;
  private readonly deadlines = new Deadlines();
  private readonly progress = new Map<string, string>();

  constructor(private readonly connections: Pick<RedisConnections, 'of'>) {}

  /**
   * @param onSent is called right after what stores was sent, in the same turn, each time it is sent.
   * @throws PublishError, PublishOutcomeUnknownError, and BusClosedError after {@link close}.
   */
  append(
    stream: string,
    entries: readonly FlatFields[],
    { maxLength, timeoutMs }: AppendOptions,
    onSent?: (client: RedisClient) => void,
  ): Promise<string[]> {
    return this.perform(
      stream,
      entries,
      timeoutMs,
      onSent,
      (attempt) => attempt.store((client, sent) => add(client, sent, stream, entries, maxLength)),
      (reply) => (typeof reply === 'string' ? [reply] : reply),
    );
  }

  /** As {@link append}, for `EventStore.appendOnce`; what was there before is not read. */
  appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOnceOptions,
    onSent?: (client: RedisClient) => void,
  ): Promise<FoundOrStored[]> {
    return this.perform(
      stream,
      entries,
      options.timeoutMs,
      onSent,
      (attempt) => appendOnce(attempt, stream, entries, options, this.progress),
      (places) => places,
    );
  }

  /** How many calls have not ended. */
  get underWay(): number {
    return this.deadlines.size;
  }

  /** From now on nothing is stored. */
  close(): void {
    this.closed = true;
  }

  private perform<T, R>(
    stream: string,
    entries: readonly FlatFields[],
    timeoutMs: number,
    onSent: ((client: RedisClient) => void) | undefined,
    start: (commands: AppendCommands) => Promise<R>,
    placesOf: (reply: R) => T,
  ): Promise<T> {
    if (this.closed) {
      const why = `Nothing was stored on '${stream}': the bus is closed.`;
      return Promise.reject(new BusClosedError(why, { ids: entries.map(idOf) }));
    }
    return new Promise((resolve, reject) => {
      const attempt = new AppendAttempt(this.connections.of(stream), timeoutMs, onSent, (failure) =>
        reject(failureError(failure, stream, entries)),
      );
      this.deadlines.add(attempt);
      start(attempt).then(
        (reply) => {
          this.deadlines.delete(attempt);
          resolve(placesOf(reply));
        },
        (error: unknown) => {
          this.deadlines.delete(attempt);
          attempt.fail(error);
        },
      );
    });
  }
}

/** What the caller is told. */
function failureError(
  { message, isStored, cause }: Failure,
  stream: string,
  entries: readonly FlatFields[],
): Error {
  if (cause instanceof ConcurrencyError) return cause;
  const ids = entries.map(idOf);
  const what = describe(stream, entries);
  if (isStored === 'no') {
    const retry = failsAgain(cause) ? 'never' : 'again';
    return new PublishError(`Redis did not store ${what}: ${message}`, { ids, retry }, { cause });
  }
  const unknown = `It is not known whether Redis stored ${what}: ${message}`;
  const notOnce = tooLargeForOnce(entries);
  if (notOnce !== undefined) {
    return new PublishOutcomeUnknownError(`${unknown}; ${notOnce}.`, { ids }, { cause });
  }
  return new PublishOutcomeUnknownError(
    `${unknown}. Fire again with the ids of this error, fire(event, { id: error.id }) or ` +
      'fireAll(events, { ids: error.ids }): each event is then stored once.',
    { ids, retry: 'with_ids' },
    { cause },
  );
}

/** See `EventStore.checkSize`. */
export function checkSize(
  stream: string,
  entries: readonly FlatFields[],
  { once }: SizeOptions,
): void {
  const why = tooLarge(entries, once);
  if (why === undefined) return;
  const what = describe(stream, entries);
  throw new PublishError(`Redis was not sent ${what}: ${why}. Nothing was stored.`, {
    ids: entries.map(idOf),
  });
}

function describe(stream: string, entries: readonly FlatFields[]): string {
  const events = entries.length === 1 ? 'an event' : `${entries.length} events`;
  return `${events} on '${printable(stream)}'`;
}

/** Stores entries: several in one transaction, with nothing between them. */
function add(
  client: RedisClient,
  onSent: () => void,
  stream: string,
  entries: readonly FlatFields[],
  maxLength: number | null,
): Promise<string | string[]> {
  const commands = entries.map((fields) => addition(stream, fields, maxLength));
  const [first] = commands;
  const adding =
    first && commands.length === 1
      ? (client.sendCommand(first) as Promise<string>)
      : transaction(client, commands).then(nativeIdsOf);
  onSent();
  return adding;
}

function addition(stream: string, fields: FlatFields, maxLength: number | null): RedisCommand {
  const place = maxLength ? ['MAXLEN', '~', String(maxLength), '*'] : ['*'];
  // Joined, not spread into one literal: V8 learns that those live for a while, makes them in its old space, and
  // with them what they hold stays until the next full garbage collection (a fifth of what firing costs).
  return commandOf('xadd', [stream, ...place].concat(fields));
}

function nativeIdsOf(replies: unknown[]): string[] {
  const failure = replies.find((reply) => reply instanceof Error);
  if (failure) throw failure;
  return replies as string[];
}
