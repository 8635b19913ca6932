import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { compareEntryIds } from '../../wire/entry-id.js';
import { backoffMs } from '../../timing/backoff.js';
import type { ConnectionLog } from '../../redis/connection-log.js';
import {
  CommandRefusedError,
  RedisConnection,
  type RedisConnectionOptions,
  type RedisClient,
} from '../../redis/redis-connection.js';

/** How long Redis may keep a blocking read without an answer, ms. Bounds what a lost connection costs. */
const BLOCK_MS = 5_000;

/** Between two requests to end a read, ms. */
const UNBLOCK_PAUSE_MS = 5;

interface Waiter {
  readonly after: string;
  readonly wake: (newest: string) => void;
}

/**
 * Waits for new entries on any number of streams with one connection: `XREAD BLOCK` on all streams
 * that somebody waits for. Group reads never block, so a process needs one more connection however
 * many listeners it has, and no entry is ever handed to a connection that is just closing.
 */
export class Doorbell {
  private readonly connection: RedisConnection;
  private readonly waiters = new Map<string, Set<Waiter>>();
  /** What the blocking read in flight waits for: stream to the id after which it rings. */
  private armed = new Map<string, string>();
  /** The armed read that is being ended already. */
  private interrupting?: Map<string, string>;
  private clientId = 0;
  private running = false;
  /** Refusals in a row: the delay grows also when somebody else asks next. */
  private failures = 0;
  private closed = false;
  private objection?: string;

  /** @param logger is told what Redis objects to. @param unblock sends `CLIENT UNBLOCK` on another connection; whether it ended a read. Never rejects. */
  constructor(
    options: RedisConnectionOptions,
    log: ConnectionLog,
    private readonly logger: Pick<Logger, 'error'>,
    private readonly unblock: (clientId: number) => Promise<boolean>,
  ) {
    // Twice the block: an answer that is overdue by that much won't come (a half-open connection).
    this.connection = new RedisConnection(options, 'doorbell', BLOCK_MS * 2, log);
    this.connection.client.on('close', () => (this.clientId = 0));
  }

  /** See `EventStore.whenAppended`. */
  wait(stream: string, after: string, signal: AbortSignal): Promise<string> {
    if (this.closed || signal.aborted) return Promise.resolve(after);
    return new Promise((resolve) => {
      const waiters = this.waiters.get(stream) ?? new Set<Waiter>();
      this.waiters.set(stream, waiters);
      const wake = (newest: string) => {
        signal.removeEventListener('abort', onAbort);
        waiters.delete(waiter);
        if (waiters.size === 0) this.waiters.delete(stream);
        resolve(newest);
      };
      const onAbort = () => wake(after);
      const waiter: Waiter = { after, wake };
      waiters.add(waiter);
      signal.addEventListener('abort', onAbort);
      this.arm(stream, after);
    });
  }

  /** Wakes everybody and closes the connection. */
  async close(): Promise<void> {
    this.closed = true;
    this.wakeAll();
    await this.connection.close();
  }

  private arm(stream: string, after: string): void {
    if (!this.running) {
      this.running = true;
      void this.ring();
      return;
    }
    const armedAfter = this.armed.get(stream);
    const covered = armedAfter !== undefined && compareEntryIds(armedAfter, after) <= 0;
    // The read in flight would not notice: end it, so that the next one includes this stream.
    if (!covered && this.armed.size > 0) void this.interrupt();
  }

  private async interrupt(): Promise<void> {
    const { armed } = this;
    if (this.interrupting === armed) return;
    this.interrupting = armed;
    // Again until it hits: the request may reach Redis before the read that it should end.
    while (this.armed === armed && !this.closed) {
      if (await this.unblock(this.clientId)) return;
      await setTimeout(UNBLOCK_PAUSE_MS, undefined, { ref: false });
    }
  }

  private async ring(): Promise<void> {
    // One turn later, so that listeners that start together are waited for together.
    await Promise.resolve();
    while (this.waiters.size > 0 && !this.closed) {
      try {
        const rung = await this.connection.run(BLOCK_MS, (client) => this.block(client));
        await Promise.all(rung.map((stream) => this.wake(stream)));
        this.failures = 0;
        this.objection = undefined;
      } catch (error) {
        // Where it is the connection, `run` has waited for it already.
        const failures = error instanceof CommandRefusedError ? ++this.failures : 1;
        this.report(error);
        // The connection reports its own state. Whoever waits reads again after a growing delay:
        // that is what notices a vanished stream or group, and keeps events flowing meanwhile.
        this.armed = new Map();
        await setTimeout(backoffMs(failures, 100, BLOCK_MS), undefined, { ref: false });
        this.wakeAll();
      }
    }
    // In the same turn as the last look at the waiters, or one that comes in between is forgotten.
    this.running = false;
  }

  /** What Redis refuses is told once: events still come, but later. */
  private report(error: unknown): void {
    if (!(error instanceof CommandRefusedError)) return;
    // The rest names streams, which are others each time.
    const [objection = ''] = error.message.split(' ', 1);
    if (objection === this.objection) return;
    // A server that becomes a replica, for one, ends all reads that wait; the next one says more.
    if (objection === 'UNBLOCKED') return;
    this.objection = objection;
    this.logger.error(
      `Redis refuses to tell of new events: ${error.message.replace(/\.$/, '')}. ` +
        `Listeners look for them every ${BLOCK_MS / 1000} seconds instead.`,
    );
  }

  private async block(client: RedisClient): Promise<string[]> {
    // One connection, one id: asked for again after each reconnect.
    this.clientId ||= await client.client('ID');
    this.armed = new Map(
      [...this.waiters].map(([stream, waiters]) => [stream, oldest(waiters)] as const),
    );
    if (this.armed.size === 0) return [];
    const reply = await client.xread(
      'COUNT',
      1,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      ...this.armed.keys(),
      ...this.armed.values(),
    );
    this.armed = new Map();
    return (reply ?? []).map(([stream]) => stream);
  }

  private async wake(stream: string): Promise<void> {
    // The newest id is fetched before anybody reads: what arrives later rings again, and what other
    // consumers took meanwhile does not.
    const newest = await this.connection.run(BLOCK_MS, (client) =>
      client.xrevrange(stream, '+', '-', 'COUNT', 1),
    );
    const id = newest[0]?.[0];
    for (const waiter of [...(this.waiters.get(stream) ?? [])]) {
      if (id === undefined || compareEntryIds(waiter.after, id) < 0)
        waiter.wake(id ?? waiter.after);
    }
  }

  private wakeAll(): void {
    for (const waiters of [...this.waiters.values()]) {
      for (const waiter of [...waiters]) waiter.wake(waiter.after);
    }
  }
}

function oldest(waiters: ReadonlySet<Waiter>): string {
  return [...waiters]
    .map(({ after }) => after)
    .reduce((a, b) => (compareEntryIds(a, b) <= 0 ? a : b));
}
