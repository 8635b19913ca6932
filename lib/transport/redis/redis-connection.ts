import type { Logger } from '@nestjs/common';
import { Redis, ReplyError, type RedisOptions } from 'ioredis';
import { TransportError } from '../../errors.js';
import { backoffMs } from '../backoff.js';

/** Where a Redis is and how to talk to it. */
export interface RedisConnectionOptions {
  /** Lightbus setting `url`. */
  readonly url: string;
  /** Lightbus setting `connection_parameters`: handed to ioredis. */
  readonly connectionParameters?: Readonly<Record<string, unknown>>;
  /** Cap of the growing delay between attempts to reconnect, ms. Lightbus setting `consumption_restart_delay`. */
  readonly maxReconnectDelayMs?: number;
  /** Names this Redis in logs and errors, without its password. @default the URL without user and password */
  readonly description?: string;
  /** Is told of each lost and each regained connection, once. */
  readonly logger: Pick<Logger, 'log' | 'error'>;
}

/** A command did not reach Redis, or Redis refused it: it certainly had no effect. */
export class CommandRefusedError extends TransportError {}

/** The connection failed after a command was written: nobody knows whether it had an effect. */
export class CommandOutcomeUnknownError extends TransportError {}

/**
 * One connection to Redis that comes back by itself.
 *
 * ioredis's own safety nets are off, because they break promises that we make: a command that is
 * sent again after a lost connection may store an event twice, and one that is queued while Redis is
 * away waits without bound. Here a command is sent once, on a connection that is ready, or rejected.
 */
export class RedisConnection {
  /** The client. Use {@link run} to send commands. */
  readonly client: Redis;
  readonly description: string;
  private readonly logger: Pick<Logger, 'log' | 'error'>;
  private state: 'starting' | 'up' | 'down' = 'starting';
  private readonly closing = new AbortController();
  private lastError = 'not connected yet';
  private corked = false;

  /**
   * @param role what the connection is for, in logs and in Redis's `CLIENT LIST`.
   * @param silenceMs after this long without an answer the connection counts as dead, and is replaced.
   */
  constructor(options: RedisConnectionOptions, role: string, silenceMs: number) {
    this.logger = options.logger;
    this.description =
      options.description ?? options.url.replace(/\/\/.*@/, '//').replace(/\?.*$/, '');
    const url = options.url.startsWith('unix://')
      ? options.url.slice('unix://'.length)
      : options.url;
    this.client = new Redis(url, {
      connectionName: `nestjs-lightbus-${role}`,
      socketTimeout: silenceMs,
      // Replies have had the same shape for ever in RESP2; nothing here needs a RESP3 type.
      protocol: 2,
      ...(options.connectionParameters as RedisOptions | undefined),
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      retryStrategy: (attempt) => backoffMs(attempt, 50, options.maxReconnectDelayMs ?? 5_000),
      // After a failover the old primary answers READONLY for ever on the connection we have.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.client.on('error', (error: Error) => (this.lastError = error.message || error.name));
    this.client.on('ready', () => this.enter('up', role));
    this.client.on('close', () => this.enter('down', role));
  }

  /** Starts connecting, once; {@link ready} tells when it worked. */
  open(): void {
    if (this.client.status === 'wait') {
      // The promise says the same as the events that are already listened to.
      this.client.connect().catch(() => undefined);
    }
  }

  /** Resolves when commands can be sent. @throws CommandRefusedError after `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    if (this.client.status === 'ready') return;
    if (this.closing.signal.aborted) throw this.refused('the connection was closed');
    this.open();
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        this.client.off('ready', onReady);
        this.closing.signal.removeEventListener('abort', onClose);
        settle();
      };
      const onReady = () => done(resolve);
      const onClose = () => done(() => reject(this.refused('the connection was closed')));
      const timer = setTimeout(
        () => done(() => reject(this.refused(`no connection within ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.client.on('ready', onReady);
      this.closing.signal.addEventListener('abort', onClose);
    });
  }

  /**
   * Sends a command on a ready connection, waiting `waitMs` for one.
   *
   * A ready connection is used in the same tick, and what is sent within a tick leaves in one
   * write: an acknowledgement and the read after it share a round trip.
   *
   * @throws CommandRefusedError it had no effect; the message starts with Redis's error code if
   *   Redis answered. `CommandOutcomeUnknownError` where that isn't known.
   */
  run<T>(waitMs: number, command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.client.status === 'ready') return this.send(command);
    return this.ready(waitMs).then(() => this.send(command));
  }

  /** Closes for good. Commands in flight are rejected. Idempotent. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    const connected = ['connecting', 'connect', 'ready'].includes(this.client.status);
    const ended = new Promise<void>((resolve) => this.client.once('end', () => resolve()));
    this.client.disconnect();
    // Without a connection ioredis parks the client, and the event never comes.
    if (connected) await ended;
  }

  private async send<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    this.cork();
    try {
      return await command(this.client);
    } catch (error) {
      throw this.translate(error);
    }
  }

  private cork(): void {
    if (this.corked) return;
    const stream = this.client.stream;
    this.corked = true;
    stream.cork();
    process.nextTick(() => {
      this.corked = false;
      stream.uncork();
    });
  }

  private translate(error: unknown): TransportError {
    if (error instanceof TransportError) return error;
    const { message } = error instanceof Error ? error : new Error(String(error));
    const options = { cause: error };
    // ReplyError: Redis answered. The other: ioredis had no connection to write to.
    if (error instanceof ReplyError) return new CommandRefusedError(message, options);
    if (message.startsWith("Stream isn't writeable")) return this.refused('the connection is down');
    return new CommandOutcomeUnknownError(
      `The connection to ${this.description} failed before the answer arrived: ${message}`,
      options,
    );
  }

  private refused(what: string): CommandRefusedError {
    return new CommandRefusedError(
      `Redis at ${this.description} can't be used: ${what} (last error: ${this.lastError}). ` +
        'Check that it runs and that url, user and password in the configuration are right.',
    );
  }

  private enter(state: 'up' | 'down', role: string): void {
    const before = this.state;
    if (this.closing.signal.aborted || before === state) return;
    this.state = state;
    if (state === 'down') {
      this.logger.error(
        `No connection to Redis at ${this.description} (${role}): ${this.lastError}. Reconnecting.`,
      );
    } else if (before === 'down') {
      this.logger.log(`Connected to Redis at ${this.description} again (${role}).`);
    }
  }
}
