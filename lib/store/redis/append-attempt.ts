import { CommandOutcomeUnknownError } from '../../redis/connection-errors.js';
import type { RedisClient, RedisConnection } from '../../redis/redis-connection.js';
import { Expiring } from '../../timing/deadlines.js';
import { TimeoutError } from '../../timing/within.js';
import type { AppendCommands, ReadingPurpose } from './append-commands.js';

/** Why a call failed, and whether its events are stored for all that. */
export interface Failure {
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
 * | `storing`, and no answer came | nobody knows |
 * | `storing`, and it was refused, or not written | no |
 */
export class AppendAttempt extends Expiring implements AppendCommands {
  private state: 'begun' | 'waiting' | 'reading' | 'storing' = 'begun';
  private isOver = false;
  private purpose: ReadingPurpose = 'find';

  /** @param failed is told why it failed: the first time counts. */
  constructor(
    private readonly connection: Pick<RedisConnection, 'run'>,
    timeoutMs: number,
    private readonly onSent: ((client: RedisClient) => void) | undefined,
    private readonly failed: (failure: Failure) => void,
  ) {
    super(timeoutMs);
  }

  /** Sends a command that stores no event. */
  read<T>(command: (client: RedisClient) => Promise<T>, purpose: ReadingPurpose): Promise<T> {
    this.purpose = purpose;
    return this.run('reading', command);
  }

  /** Sends the command that stores. `onSent` is to be called each time that it was sent. */
  store<T>(command: (client: RedisClient, onSent: () => void) => Promise<T>): Promise<T> {
    return this.run('storing', (client) => command(client, () => this.onSent?.(client)));
  }

  /** Time is up for the whole call. */
  override expire(): void {
    this.isOver = true;
    // Who has waited for a connection in vain knows why, and says so at the same time.
    if (this.state !== 'waiting') this.fail(new TimeoutError('no answer in time'));
  }

  /** The call has failed. */
  fail(cause: unknown): void {
    this.isOver = true;
    const message =
      cause instanceof TimeoutError && this.state === 'reading'
        ? `time was up before ${UNFINISHED[this.purpose]}. Fire again: that goes on from here`
        : String(cause instanceof Error ? cause.message : cause);
    const isOpen = cause instanceof TimeoutError || cause instanceof CommandOutcomeUnknownError;
    this.failed({
      message,
      isStored: this.state === 'storing' && isOpen ? 'unknown' : 'no',
      cause,
    });
  }

  private run<T>(
    state: 'reading' | 'storing',
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    // The first is sent, or waits, in the turn in which the call begins.
    const leftMs = this.state === 'begun' ? this.timeoutMs : Math.max(0, Math.ceil(this.leftMs));
    this.state = 'waiting';
    return this.connection.run(leftMs, (client) => {
      // The caller has been told that nothing is stored; that must stay true.
      if (this.isOver) throw new TimeoutError('no connection in time');
      this.state = state;
      return command(client);
    });
  }
}
