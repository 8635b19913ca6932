import {
  BusClosedError,
  ConcurrencyError,
  PublishError,
  PublishOutcomeUnknownError,
} from '../../fire-errors.js';
import type { RedisConnections } from '../../redis/connections.js';
import {
  CommandOutcomeUnknownError,
  type RedisClient,
  type RedisConnection,
} from '../../redis/redis-connection.js';
import { failsAgain } from '../../redis/refusal.js';
import { clock } from '../../timing/clock.js';
import { TimeoutError, within } from '../../timing/within.js';
import { idOf } from '../../wire/by-field.js';
import { printable } from '../../wire/printable.js';
import type { FlatFields } from '../entries.js';
import type { AppendOnceOptions, AppendOptions, SizeOptions } from '../event-store.js';
import type { AppendCommands, ReadingPurpose } from './append-commands.js';
import { tooLarge, tooLargeForOnce } from './append-limits.js';
import { appendOnce, type FoundOrStored } from './append-once.js';

/** `EventStore.append` and `appendOnce` on connections, which says truthfully whether the entries are stored. */
export class Appender {
  private closed = false;
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
    return this.perform(stream, entries, timeoutMs, onSent, (attempt) =>
      attempt.store((client, sent) => add(client, sent, stream, entries, maxLength)),
    );
  }

  /** As {@link append}, for `EventStore.appendOnce`; what was there before is not read. */
  appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOnceOptions,
    onSent?: (client: RedisClient) => void,
  ): Promise<FoundOrStored[]> {
    return this.perform(stream, entries, options.timeoutMs, onSent, (attempt) =>
      appendOnce(attempt, stream, entries, options, this.progress),
    );
  }

  /** From now on nothing is stored. */
  close(): void {
    this.closed = true;
  }

  private async perform<T>(
    stream: string,
    entries: readonly FlatFields[],
    timeoutMs: number,
    onSent: ((client: RedisClient) => void) | undefined,
    start: (attempt: AppendAttempt) => Promise<T>,
  ): Promise<T> {
    const ids = entries.map(idOf);
    if (this.closed) {
      throw new BusClosedError(`Nothing was stored on '${stream}': the bus is closed.`, { ids });
    }
    const what = describe(stream, entries);
    const attempt = new AppendAttempt(this.connections.of(stream), timeoutMs, onSent);
    const storing = start(attempt);
    const failure = await attempt.failureOf(storing);
    if (!failure) return storing;
    const { message, isStored, cause } = failure;
    if (cause instanceof ConcurrencyError) throw cause;
    if (isStored === 'no') {
      const retry = failsAgain(cause) ? 'never' : 'again';
      throw new PublishError(`Redis did not store ${what}: ${message}`, { ids, retry }, { cause });
    }
    const unknown = `It is not known whether Redis stored ${what}: ${message}`;
    const notOnce = tooLargeForOnce(entries);
    if (notOnce !== undefined) {
      throw new PublishOutcomeUnknownError(`${unknown}; ${notOnce}.`, { ids }, { cause });
    }
    throw new PublishOutcomeUnknownError(
      `${unknown}. Fire again with the ids of this error, fire(event, { id: error.id }) or ` +
        'fireAll(events, { ids: error.ids }): each event is then stored once.',
      { ids, retry: 'with_ids' },
      { cause },
    );
  }
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

/** Why a call failed, and whether its events are stored for all that. */
interface Failure {
  readonly message: string;
  readonly isStored: 'no' | 'unknown';
  readonly cause: unknown;
}

/** What was not known when time was up. */
const UNFINISHED: Readonly<Record<ReadingPurpose, string>> = {
  find: 'it was known whether it is there already',
  index:
    'it was known how many events of its entity are stored: the index of the stream had not taken in all of it',
};

/**
 * The commands of one call, within its time. Whether anything is stored when it fails follows from
 * where it stands at that moment:
 *
 * | | stored? |
 * |---|---|
 * | `waiting` for a connection, or `reading` | no, and what stores is not sent any more |
 * | `storing`: that was sent, and not answered | nobody knows |
 * | `answered`, with a refusal or with what was read | no |
 */
class AppendAttempt implements AppendCommands {
  private state: 'waiting' | 'reading' | 'storing' | 'answered' = 'waiting';
  private isOver = false;
  private purpose: ReadingPurpose = 'find';
  private readonly deadline: number;

  constructor(
    private readonly connection: Pick<RedisConnection, 'run'>,
    timeoutMs: number,
    private readonly onSent: (client: RedisClient) => void = () => undefined,
  ) {
    this.deadline = clock.now() + timeoutMs;
  }

  /** Sends a command that stores no event. */
  read<T>(command: (client: RedisClient) => Promise<T>, purpose: ReadingPurpose): Promise<T> {
    this.purpose = purpose;
    return this.run('reading', command);
  }

  /** Sends the command that stores. `onSent` is to be called each time that it was sent. */
  store<T>(command: (client: RedisClient, onSent: () => void) => Promise<T>): Promise<T> {
    return this.run('storing', (client) => command(client, () => this.onSent(client)));
  }

  /** Waits for the whole call, until its time is up. Resolves to why it failed, if it did. */
  async failureOf(call: Promise<unknown>): Promise<Failure | undefined> {
    try {
      await within(call, this.leftMs);
      return undefined;
    } catch (error) {
      this.isOver = true;
      const isStored = this.state === 'storing' ? 'unknown' : 'no';
      // Who has waited for a connection in vain knows why, and says so at the same time.
      const isLate = error instanceof TimeoutError && this.state === 'waiting';
      const cause: unknown = isLate ? await call.catch((reason: unknown) => reason) : error;
      const message =
        error instanceof TimeoutError && this.state === 'reading'
          ? `time was up before ${UNFINISHED[this.purpose]}. Fire again: that goes on from here`
          : String(cause instanceof Error ? cause.message : cause);
      return { message, isStored, cause };
    }
  }

  private async run<T>(
    state: 'reading' | 'storing',
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    this.state = 'waiting';
    try {
      const reply = await this.connection.run(this.leftMs, (client) => {
        // The caller has been told that nothing is stored; that must stay true.
        if (this.isOver) throw new TimeoutError('no connection in time');
        this.state = state;
        return command(client);
      });
      this.state = 'answered';
      return reply;
    } catch (error) {
      if (!(error instanceof CommandOutcomeUnknownError)) this.state = 'answered';
      throw error;
    }
  }

  private get leftMs(): number {
    return Math.max(0, Math.ceil(this.deadline - clock.now()));
  }
}

async function add(
  client: RedisClient,
  onSent: () => void,
  stream: string,
  entries: readonly FlatFields[],
  maxLength: number | null,
): Promise<string[]> {
  const trim = maxLength ? ['MAXLEN', '~', String(maxLength)] : [];
  const commands = entries.map((fields) => [stream, ...trim, '*', ...fields]);
  const [first, ...others] = commands;
  if (first && others.length === 0) {
    const reply = client.call('xadd', first);
    onSent();
    return [(await reply) as string];
  }
  // As lists: as arguments of a call, those of a large event would overflow the stack.
  const replies = client.multi(commands.map((args) => ['call', 'xadd', args])).exec();
  onSent();
  return ((await replies) ?? []).map(([error, id]) => {
    if (error) throw error;
    return id as string;
  });
}
