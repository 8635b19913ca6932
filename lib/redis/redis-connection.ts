import type { Redis } from 'ioredis';
import { backoffMs } from '../timing/backoff.js';
import type { RedisPlace } from './client-options.js';
import {
  commandError,
  connectionClosed,
  notConnected,
  type NotConnectedError,
} from './connection-errors.js';
import type { ConnectionLog } from './connection-log.js';
import { ConnectionWaiters, type Patience } from './connection-waiters.js';
import { describeFailure, isAftermath, isRefusal } from './refusal.js';
import { PreviousConnection, type ConnectionIdentity } from './previous-connection.js';
import { RenewingClient } from './renewing-client.js';
import { Replacement } from './replacement.js';
import { loadScripts, type Script } from './script.js';
import { Silence } from './silence.js';

/** After this long without any answer a connection counts as dead, ms. */
const SILENCE_MS = 10_000;

/** What a connection tells of itself. */
export type ConnectionTold = Pick<ConnectionLog, 'lost' | 'idled' | 'ready' | 'refused'>;

/** What is different where connections can't be ended. */
const NOT_ENDED =
  "So a connection that was lost can't be ended, and what was under way in it may be carried out late: a " +
  'first fire without an id after its retry; what is fetched so is found by the look for timed-out ' +
  'events. Where CLIENT TRACKING is refused, too, listeners look for new events twice a second.';

/** The client, for the rooms that send commands of their own. */
export type RedisClient = Redis;

/** Where a Redis is, and how long to wait for it. */
export interface RedisConnectionOptions extends RedisPlace {
  /** Cap of the growing delay between attempts to reconnect, ms. Lightbus setting `consumption_restart_delay`. */
  readonly maxReconnectDelayMs?: number;
}

/**
 * One connection to Redis that comes back by itself.
 *
 * ioredis's own safety nets are off, because they break promises that we make: a command that is
 * sent again after a lost connection may store an event twice, and one that is queued while Redis is
 * away waits without bound. Here a command is sent once, on a connection that is ready, or rejected.
 */
export class RedisConnection {
  /** The client. Use {@link run} to send commands. */
  readonly client: RenewingClient;
  private readonly waiters = new ConnectionWaiters((ms) => this.timedOut(ms));
  private closed?: Promise<void>;
  private lastError = 'no answer';
  private readonly previous = new PreviousConnection((reason) =>
    this.log.refused('CLIENT', reason, NOT_ENDED),
  );
  private usable = false;
  /** How many commands were sent and not answered. */
  private underWay = 0;
  private sessions = 0;
  private attempts = 0;
  private readonly replacement: Replacement;
  private readonly silence: Silence;

  /**
   * @param role what the connection is for, in Redis's `CLIENT LIST`.
   * @param log is told of each lost and each regained connection.
   * @param scripts are loaded each time it becomes ready, before anybody's commands.
   * @param silenceMs after this long without an answer the connection counts as dead, and is replaced.
   */
  constructor(
    private readonly options: RedisConnectionOptions,
    private readonly role: string,
    private readonly log: ConnectionTold,
    private readonly scripts: readonly Script[] = [],
    silenceMs = SILENCE_MS,
  ) {
    const maxDelayMs = options.maxReconnectDelayMs ?? 5_000;
    this.replacement = new Replacement(maxDelayMs);
    // ioredis's own count ends where it is connected, which is before the connection is usable.
    const retryStrategy = () => backoffMs(++this.attempts, 50, maxDelayMs);
    const behaviour = {
      connectionName: `nestjs-lightbus-${role}`,
      retryStrategy,
      reconnectOnError: (error: Error) => this.replacement.isDueAfter(error),
    };
    this.client = new RenewingClient(options, behaviour, ({ message }) => {
      this.lastError = `connection_parameters gives none: ${message}`;
      this.log.lost(this.role, this.lastError);
      return retryStrategy();
    });
    this.client.on('error', (error: Error) => {
      if (!isAftermath(error)) this.lastError = describeFailure(error, this.database);
    });
    // Also what makes the connection ready, and what is sent with it; not a Redis that loads, and is asked later.
    this.silence = new Silence(silenceMs, () => this.client.commandQueue.length > 0);
    this.client.on('connect', () => this.silence.watch(this.client.stream));
    this.client.on('ready', () => this.onReady());
    this.client.on('close', () => this.onClose());
  }

  /** How often it has been connected. */
  get session(): number {
    return this.sessions;
  }

  /** The connection of this session, as the server names it; `undefined` where it does not tell. */
  get identity(): Promise<ConnectionIdentity | undefined> {
    return this.previous.current;
  }

  /** Resolves when commands can be sent; starts connecting if need be. @throws NotConnectedError when patience ends. */
  async ready(patience: Patience): Promise<void> {
    if (this.closed) throw connectionClosed(this.options);
    if (this.isReady()) return;
    if (this.client.status === 'wait') {
      // The promise says the same as the events that are already listened to.
      this.client.connect().catch(() => undefined);
    }
    await this.waiters.wait(patience);
  }

  /**
   * Sends a command on a ready connection, waiting for one; with 0 at once or not at all.
   *
   * A ready connection is used at once, and what is sent together leaves in one write: an acknowledgement and
   * the read after it share a round trip.
   *
   * @throws CommandRefusedError, NotConnectedError, CommandOutcomeUnknownError; `TransportError` for a
   *   command that is too large to be written, which had no effect either.
   */
  run<T>(patience: Patience, command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.isReady()) return this.send(command);
    if (patience === 0)
      return Promise.reject(notConnected('the connection is down', this.options, this.lastError));
    return this.ready(patience).then(() => this.send(command));
  }

  /** See `Outgoing.linger`. */
  linger(): void {
    this.client.outgoing.linger();
  }

  /** The application shuts down: who waits for a connection for a while waits a second. Idempotent. */
  hurry(): void {
    this.waiters.hurry();
  }

  /** Closes for good. Commands in flight are rejected. Idempotent. */
  close(): Promise<void> {
    this.closed ??= this.disconnect();
    return this.closed;
  }

  private async disconnect(): Promise<void> {
    this.waiters.giveUp(connectionClosed(this.options));
    const connected = ['connecting', 'connect', 'ready'].includes(this.client.status);
    const ended = new Promise<void>((resolve) => this.client.once('end', () => resolve()));
    this.client.disconnect();
    // Without a connection ioredis parks the client, and the event never comes.
    if (connected) await ended;
  }

  private isReady(): boolean {
    return this.usable && this.client.status === 'ready' && this.client.stream.writable;
  }

  private onClose(): void {
    const wasIdle = this.usable && this.underWay === 0;
    this.usable = false;
    this.silence.end();
    const onPurpose = this.replacement.end();
    // What is replaced on purpose is no loss, nor is what had nothing to do, unless nothing takes its place.
    if (this.closed || onPurpose) return;
    if (wasIdle) this.log.idled(this.role);
    else this.log.lost(this.role, this.lastError);
  }

  private onReady(): void {
    this.previous.end(this.client);
    loadScripts(this.client, this.scripts);
    if (this.database === 0) {
      this.setUsable();
      return;
    }
    const { stream } = this.client;
    // ioredis goes on in database 0 where the SELECT of its greeting is refused.
    this.client.select(this.database).then(
      () => {
        if (this.client.stream === stream) this.setUsable();
      },
      (error: unknown) => {
        // What ended without an answer, ioredis replaces by itself.
        if (!isRefusal(error)) return;
        this.lastError = describeFailure(error, this.database);
        this.client.disconnect(true);
      },
    );
  }

  private get database(): number {
    return this.client.options.db ?? 0;
  }

  private setUsable(): void {
    this.usable = true;
    this.sessions++;
    this.attempts = 0;
    this.replacement.end();
    // What is said of the next loss, if it comes without an error of its own.
    this.lastError = 'the connection was closed';
    this.log.ready(this.role);
    this.waiters.release();
  }

  private send<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    this.underWay++;
    try {
      return command(this.client).then(this.answered, this.failed) as Promise<T>;
    } catch (error) {
      return Promise.reject(this.errorOf(error));
    }
  }

  // One of each for all commands.
  private readonly answered = (reply: unknown) => {
    this.underWay--;
    return reply;
  };
  private readonly failed = (error: unknown) => {
    throw this.errorOf(error);
  };

  private errorOf(error: unknown): Error {
    this.underWay--;
    return commandError(error, this.options, this.lastError);
  }

  private timedOut(timeoutMs: number): NotConnectedError {
    // A connection attempt that nobody answers has not failed yet, and would go unreported.
    this.log.lost(this.role, this.lastError);
    return notConnected(`no connection within ${timeoutMs} ms`, this.options, this.lastError);
  }
}
