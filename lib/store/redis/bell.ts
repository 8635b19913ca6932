import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { ConnectionLog } from '../../redis/connection-log.js';
import { CommandRefusedError } from '../../redis/connection-errors.js';
import {
  RedisConnection,
  type RedisClient,
  type RedisConnectionOptions,
} from '../../redis/redis-connection.js';
import { failsAgain } from '../../redis/refusal.js';
import { TransportError } from '../../errors.js';
import { inBackground } from '../../timing/background.js';
import { backoffMs } from '../../timing/backoff.js';
import type { StreamNews, TellStreamNews } from '../event-store.js';
import { prefixesOf } from './key-prefixes.js';
import { BELL_PREFIX, streamOfBell } from './keys.js';
import { Rings } from './rings.js';

/** Where Redis tells which keys have changed. */
const CHANNEL = '__redis__:invalidate';

/** Between two signs of life on a connection that only listens, ms: how long a dead one goes unnoticed. */
const PING_MS = 5_000;

/** Where Redis does not tell: between two looks for news, ms. */
const POLL_MS = 500;

/** After a failure: until the next try at most, ms. */
const LONGEST_PAUSE_MS = 5_000;

/** What is different where Redis does not tell. */
const NOT_TOLD = `So listeners look for them every ${POLL_MS} ms instead.`;

/** For each kind of news a text that changes when there is some; `null`: there has never been any. */
export type LastNews = Readonly<Record<StreamNews, string | null>>;

/**
 * Tells of new entries on any number of streams, with one connection: Redis tells it the names of keys
 * that change (`CLIENT TRACKING … BCAST`, redirected to itself), once for each turn of its event loop and
 * without the entries. (`XREAD BLOCK` would carry every entry a second time: measured on Redis 7.0, 8.0
 * and Valkey 8.1.) It is silent about reading and acknowledging.
 *
 * Where CLIENT is forbidden, streams are looked at twice a second instead, each with one script.
 */
export class Bell {
  private readonly connection: RedisConnection;
  private readonly rings = new Rings((error) => this.reportFault(error));
  /** What the streams had told when they were looked at last, on this connection. */
  private readonly seen = new Map<string, LastNews>();
  private session?: number;
  private running = false;
  private closed = false;
  /** Something has changed that Redis has not been told. */
  private stale = false;
  private stir: () => void = () => undefined;
  private fault?: string;

  /**
   * @param logger is told of faults of this module.
   * @param lastNewsOf what a stream has told last; for what Redis could not, or does not tell.
   */
  constructor(
    options: RedisConnectionOptions,
    private readonly log: ConnectionLog,
    private readonly logger: Pick<Logger, 'error'>,
    private readonly lastNewsOf: (stream: string) => Promise<LastNews>,
  ) {
    this.connection = new RedisConnection(options, 'bell', log);
    this.connection.client.on('messageBuffer', (_channel: Buffer, keys: Buffer[] | null) =>
      this.hear(keys),
    );
    this.connection.client.on('close', () => this.restart());
  }

  /** See `EventStore.listen`. */
  listen(stream: string, ring: TellStreamNews): () => void {
    if (this.rings.add(stream, ring)) this.restart();
    if (!this.running && !this.closed) {
      this.running = true;
      inBackground(
        () => this.run(),
        (error) => {
          this.running = false;
          this.reportFault(error);
        },
      );
    }
    return () => {
      // Redis goes on telling of it: who has listened to a stream mostly will again.
      if (this.rings.delete(stream, ring)) this.seen.delete(stream);
    };
  }

  /** To be called when an entry was sent to a stream: see {@link Rings.sent}. */
  sent(stream: string): boolean {
    return this.rings.sent(stream);
  }

  /** Tells nobody any more, and closes the connection. */
  async close(): Promise<void> {
    this.closed = true;
    this.restart();
    await this.connection.close();
  }

  private restart(): void {
    this.stale = true;
    this.stir();
  }

  private async run(): Promise<void> {
    // One turn later, so that listeners that start together are asked for together.
    await Promise.resolve();
    for (let failures = 0; !this.closed;) {
      try {
        this.stale = false;
        await this.connection.run('a while', (client) => this.track(client));
        failures = 0;
        // What came before Redis knew whom to tell.
        await this.lookAtAll();
        await this.untilStale();
      } catch (error) {
        if (this.closed) return;
        // What may pass (BUSY, LOADING) is tried again.
        const isRefused = error instanceof CommandRefusedError && failsAgain(error);
        if (isRefused) this.log.refused('to tell of new events', error.message, NOT_TOLD);
        // The connection reports its own state.
        else if (!(error instanceof TransportError)) this.reportFault(error);
        if (isRefused) await this.poll();
        else await delay(backoffMs(++failures, 100, LONGEST_PAUSE_MS), undefined, { ref: false });
      }
    }
  }

  /** Asks Redis to tell of all streams that somebody listens to. */
  private async track(client: RedisClient): Promise<void> {
    // A connection that listens takes no other commands.
    await client.unsubscribe(CHANNEL);
    const id = await client.client('ID');
    await client.call('CLIENT', ['TRACKING', 'OFF']);
    const prefixes = [BELL_PREFIX, ...prefixesOf(this.rings.streams)];
    await client.call('CLIENT', [
      ...['TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST'],
      ...prefixes.flatMap((prefix) => ['PREFIX', prefix]),
    ]);
    await client.subscribe(CHANNEL);
  }

  /** Until somebody listens to another stream, or the connection is lost. */
  private async untilStale(): Promise<void> {
    const ping = setInterval(() => {
      this.connection.run(0, (client) => client.ping()).catch(() => this.restart());
    }, PING_MS).unref();
    try {
      await new Promise<void>((resolve) => {
        this.stir = resolve;
        if (this.stale) resolve();
      });
    } finally {
      clearInterval(ping);
    }
  }

  private hear(keys: readonly Buffer[] | null): void {
    if (!keys) {
      // Everything was flushed, and may have been written anew.
      this.seen.clear();
      for (const stream of this.rings.streams) this.ringBoth(stream);
      return;
    }
    for (const key of keys) {
      const name = key.toString();
      const belled = streamOfBell(name);
      if (belled === undefined) this.rings.ring(name, 'appended');
      else this.rings.ring(belled, 'handed_back');
    }
  }

  private ringBoth(stream: string): void {
    this.rings.ring(stream, 'appended');
    this.rings.ring(stream, 'handed_back');
  }

  /** Looks for news again and again, until the connection is another one. */
  private async poll(): Promise<void> {
    const { session } = this.connection;
    while (!this.closed && this.connection.session === session) {
      await this.lookAtAll();
      await delay(POLL_MS, undefined, { ref: false });
    }
  }

  /**
   * Rings for what has come since the streams were looked at last. To ring for all would cost each listener a
   * read and a look for timed-out entries, each time that another one joins.
   */
  private async lookAtAll(): Promise<void> {
    const { session } = this.connection;
    // This may be another Redis, or an older state.
    if (session !== this.session) this.seen.clear();
    this.session = session;
    await Promise.all(this.rings.streams.map((stream) => this.look(stream)));
  }

  private async look(stream: string): Promise<void> {
    const now = await this.lastNewsOf(stream).catch(() => undefined);
    if (this.closed || !this.rings.has(stream)) return;
    const before = this.seen.get(stream);
    if (now) {
      this.seen.set(stream, now);
      if (now.appended !== before?.appended) this.rings.ring(stream, 'appended');
      // Where nothing was ever handed back, there is nothing to take over.
      if (now.handed_back !== (before?.handed_back ?? null)) this.rings.ring(stream, 'handed_back');
    } else {
      this.seen.delete(stream);
      this.ringBoth(stream);
    }
  }

  /** A fault of this module, told once. */
  private reportFault(error: unknown): void {
    const text = String(error);
    if (text === this.fault) return;
    this.fault = text;
    this.logger.error(
      `Listening for new events failed: ${text.replace(/\.$/, '')}. This is a fault of nestjs-lightbus ` +
        'itself; please report it. It is tried again; until then listeners look every few seconds.',
      error instanceof Error ? error.stack : undefined,
    );
  }
}
