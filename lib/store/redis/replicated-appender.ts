import { NotReplicatedError } from '../../fire-errors.js';
import { idOf } from '../../wire/one-field.js';
import type { AppendOnceOptions, AppendOptions } from '../event-store.js';
import type { FlatFields } from '../entries.js';
import { tooLargeForOnce } from './append-limits.js';
import type { FoundOrStored } from './append-once.js';
import { Appender } from './appender.js';
import { inBackground } from '../../timing/background.js';
import { clock } from '../../timing/clock.js';
import type { ConnectionLog } from '../../redis/connection-log.js';
import { replicationKey } from './keys.js';
import { describePlace } from '../../redis/client-options.js';
import { RedisConnections } from '../../redis/connections.js';
import type { RedisClient, RedisConnectionOptions } from '../../redis/redis-connection.js';
import { failsAgain } from '../../redis/refusal.js';
import { APPEND_EXPECTED, APPEND_ONCE, TAKE_IN } from './scripts.generated.js';

/**
 * How long one `WAIT` may last, ms; it is repeated. Redis takes nothing else from a connection that
 * waits, so this bounds how long a missing replica delays the events that are fired meanwhile.
 */
const ONE_WAIT_MS = 500;

/** How long before an event's time is up its last `WAIT` ends, ms: Redis looks at its clock ten times a second. */
const ANSWER_MS = 150;

/** What is known of the replicas once no more is waited for. */
interface Confirmation {
  /** How many have confirmed. */
  readonly replicas: number;
  /** Why more is not known, beyond that time was up. */
  readonly error?: Error;
}

const NONE: Promise<Confirmation> = Promise.resolve({ replicas: 0 });

interface Waiter {
  replicas: number;
  readonly deadline: number;
  readonly settle: (error?: Error) => void;
}

/**
 * An {@link Appender} that succeeds only once replicas have confirmed: setting `min_replicas`.
 *
 * `WAIT` counts for what its own connection wrote and blocks that connection, so this one is apart
 * from the listeners' commands. One `WAIT` at a time serves all that was written before it: with
 * many events in flight it is shared, and one alone leaves in the same write as its event. (Measured
 * on one machine, 100 in flight: 44,000 events a second, as many as without replicas; with a `WAIT`
 * for each event 4,000 to 10,000.)
 */
export class ReplicatedAppender {
  private readonly connections: RedisConnections;
  private readonly waiters = new Set<Waiter>();
  private asking = false;
  private calls = 0;
  private readonly appender: Appender;

  /** @param minReplicas at least 1. */
  constructor(
    private readonly options: RedisConnectionOptions,
    log: ConnectionLog,
    private readonly minReplicas: number,
  ) {
    this.connections = new RedisConnections(options, 'fires', log, [
      APPEND_ONCE,
      APPEND_EXPECTED,
      TAKE_IN,
    ]);
    this.appender = new Appender(this.connections);
    // WAIT on the next connection would count from zero, and confirm what nobody has.
    const lost = () => this.settleAll(new Error('the connection was lost'));
    this.connections.node.client.on('close', lost);
  }

  /** See `EventStore.connect`. */
  connect(timeoutMs: number): Promise<void> {
    return this.connections.ready(timeoutMs);
  }

  /** See `EventStore.append`. @throws NotReplicatedError too few replicas have confirmed in time. */
  append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    let confirmation = NONE;
    const deadline = clock.now() + options.timeoutMs;
    const appending = this.appender.append(stream, entries, options, () => {
      confirmation = this.confirm(deadline - clock.now());
    });
    return this.confirmed(
      appending,
      () => confirmation,
      stream,
      entries,
      (nativeId) => nativeId,
    );
  }

  /** The same for `EventStore.appendOnce`; what was there before is not read. */
  appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOnceOptions,
  ): Promise<FoundOrStored[]> {
    let confirmation = NONE;
    const deadline = clock.now() + options.timeoutMs;
    // Again where the script had to be sent twice: only what came after the second has confirmed it.
    const appending = this.appender.appendOnce(stream, entries, options, (client) => {
      confirmation = this.confirm(deadline - clock.now(), touch(client, stream));
    });
    return this.confirmed(
      appending,
      () => confirmation,
      stream,
      entries,
      (one) => one.nativeId,
    );
  }

  private async confirmed<T>(
    appending: Promise<T[]>,
    confirmation: () => Promise<Confirmation>,
    stream: string,
    entries: readonly FlatFields[],
    nativeIdOf: (place: T) => string,
  ): Promise<T[]> {
    this.calls++;
    try {
      const places = await appending;
      const confirmed = await confirmation();
      if (confirmed.replicas >= this.minReplicas) return places;
      throw this.failure(confirmed, stream, entries, places.map(nativeIdOf));
    } finally {
      this.calls--;
    }
  }

  private failure(
    { replicas, error }: Confirmation,
    stream: string,
    entries: readonly FlatFields[],
    nativeIds: readonly string[],
  ): NotReplicatedError {
    const what = entries.length === 1 ? 'event' : `${entries.length} events`;
    const ids = entries.map(idOf);
    const stored = ids.map((id, i) => ({ id, nativeId: nativeIds[i] ?? '', stream }));
    const isVain = failsAgain(error) || tooLargeForOnce(entries) !== undefined;
    const remedy = isVain
      ? ''
      : '; fire(event, { id: error.id }) or fireAll(events, { ids: error.ids }) waits for the replicas once more';
    return new NotReplicatedError(
      `Redis at ${describePlace(this.options)} stored the ${what} on '${stream}' as ${nativeIds.join(', ')}, but ` +
        `only ${replicas} of ${this.minReplicas} replicas (min_replicas) confirmed in time` +
        `${error ? `: ${error.message}` : ''}. The primary has what it stored, and it will be handled: ` +
        `don't fire it again blindly, that would store it twice${remedy}.`,
      { ids, stored, replicas, retry: isVain ? 'never' : 'with_ids' },
      { cause: error },
    );
  }

  /** How many calls have not ended. */
  get underWay(): number {
    return this.calls;
  }

  /** Nothing is stored from now on, and nobody waits any longer. */
  async close(): Promise<void> {
    this.appender.close();
    this.settleAll(new Error('the bus was closed'));
    await this.connections.close();
  }

  /**
   * To be called right after a write was sent: how many replicas have confirmed it. Never rejects.
   *
   * @param written a further write that must succeed for a confirmation to mean anything.
   */
  private async confirm(timeoutMs: number, written?: Promise<unknown>): Promise<Confirmation> {
    const failure = written?.then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    const confirmation = await this.whenConfirmed(timeoutMs);
    if (confirmation.replicas < this.minReplicas) return confirmation;
    // Answered already, before the WAIT that confirmed.
    const error = await failure;
    return error ? { replicas: 0, error } : confirmation;
  }

  private whenConfirmed(timeoutMs: number): Promise<Confirmation> {
    const deadline = clock.now() + timeoutMs;
    return new Promise((resolve) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve({ replicas: waiter.replicas, error });
      };
      const timer = setTimeout(settle, timeoutMs);
      const waiter: Waiter = { replicas: 0, deadline, settle };
      this.waiters.add(waiter);
      if (this.asking) return;
      this.asking = true;
      // After the other writes of this turn, so that one WAIT serves all of them, and leaves with them.
      queueMicrotask(() =>
        inBackground(
          () => this.ask().finally(() => (this.asking = false)),
          (error) => this.settleAll(error as Error),
        ),
      );
    });
  }

  private async ask(): Promise<void> {
    while (this.waiters.size > 0) {
      const covered = [...this.waiters];
      const leftMs = Math.min(...covered.map(({ deadline }) => deadline)) - clock.now();
      // A WAIT of 0 would have no end, and it takes whole numbers.
      const waitMs = Math.max(1, Math.min(ONE_WAIT_MS, Math.floor(leftMs - ANSWER_MS)));
      try {
        const replicas = await this.connections.node.run(0, (client) =>
          client.wait(this.minReplicas, waitMs),
        );
        for (const waiter of covered) {
          waiter.replicas = replicas;
          if (replicas >= this.minReplicas) waiter.settle();
        }
      } catch (error) {
        // Refused (NOPERM, a proxy that has no WAIT), or the connection is gone: no use to repeat.
        for (const { settle } of covered) settle(error as Error);
      }
    }
  }

  private settleAll(error: Error): void {
    for (const { settle } of [...this.waiters]) settle(error);
  }
}

/**
 * A write that changes nothing of value. An event that is fired again under its id may be there
 * already: then nothing is written, and newer servers count `WAIT` from the connection's last write.
 */
function touch(client: RedisClient, stream: string): Promise<unknown> {
  return client.set(replicationKey(stream), '', 'PX', 1_000);
}
