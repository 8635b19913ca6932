import { setTimeout as delay } from 'node:timers/promises';
import { LOSSES } from '../channels/channels.js';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { GroupNameInUseError, ProcessNameInUseError } from '../errors.js';
import type { Listener } from '../listener/listener.js';
import type { LightbusLogger } from '../logger.js';
import { LEASE_MS } from '../reading/membership/presence.js';
import type { SharedReading } from '../reading/shared-reading.js';
import { backoffMs } from '../timing/backoff.js';
import { clock } from '../timing/clock.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import { groupStart } from '../wire/history-bounds.js';
import type { StreamSource } from '../reading/stream-source.js';
import type { SubscriptionChange } from '../reading/subscription-change.js';
import { Subscription } from '../reading/subscription.js';
import type { ConsumerRef } from '../store/consumer-groups.js';
import type { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import type { Stores } from '../store/stores.js';
import { describeError } from '../handling/describe-error.js';
import { WorkState, type Failing, type HandledNow } from '../handling/work-state.js';
import { EventProcessor } from '../handling/event-processor.js';
import { findSources, mayGrow } from '../reading/listener-sources.js';
import { SubscriptionLog, type NoticedLoss } from './subscription-log.js';
import { tellLoss } from './told-loss.js';

/** First delay before a loop that broke off begins again, ms, and the longest. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;

/** How long closing may take when there is no more time, ms. */
const LAST_MS = 2_000;

/** How a listener of this process fares. */
export interface ListenerState {
  /** `listenerName`. */
  readonly name: string;
  /** Class, method and module of the handler. */
  readonly place: string;
  /**
   * `reading`: all goes well, whether there is something to handle or not. `failing`: the latest attempt to handle its
   * event, or to read, has failed, and it tries again. `stopped`: it will not any more.
   */
  readonly status: 'starting' | 'reading' | 'failing' | 'stopped';
  /** What fails, since when, and when it is tried again; where that has stopped it, too. `null`: nothing does. */
  readonly failing: Failing | null;
  /** What its handler is at just now; `null` for nothing. */
  readonly handling: HandledNow | null;
  /** The streams that it reads, with consumer group and consumer. */
  readonly streams: readonly ConsumerRef[];
  /** History that was lost before this listener saw it, as far as this process has noticed. */
  readonly lost: readonly NoticedLoss[];
}

interface Start {
  readonly began: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One listener of this process: starts and stops its loop, and knows how it fares. */
export class ListenerConsumer {
  private readonly stopping = new AbortController();
  /** Aborted when `stop` has no more time. */
  private readonly givingUp = new AbortController();
  private readonly subscription: Subscription;
  private readonly processor: EventProcessor;
  private readonly log: SubscriptionLog;
  private readonly work = new WorkState();
  private running?: Promise<void>;
  private closed?: Promise<void>;
  private starting?: Start;

  /**
   * @param config how a command finds the same Redis.
   * @param onShutdown asks for the application to be closed; must not wait for this consumer.
   */
  constructor(
    readonly listener: Listener,
    private readonly stores: Stores,
    shared: SharedReading,
    private readonly logger: LightbusLogger,
    schemas: RemoteSchemas,
    config: Pick<ResolvedConfig, 'configArguments' | 'redisFrom'>,
    private readonly onShutdown: () => void,
  ) {
    this.log = new SubscriptionLog(listener, logger);
    this.subscription = new Subscription({
      since: groupStart(listener.options.since),
      shared,
      sources: (isFirst) => this.sources(isFirst),
      mayGrow: mayGrow(listener, stores),
      onChange: (change) => this.follow(change),
    });
    this.processor = new EventProcessor({
      ...{ listener, stores, logger, schemas, config, entries: this.subscription },
      work: this.work,
      stopping: this.stopping.signal,
      onShutdown: () => this.shutDown(),
    });
  }

  /**
   * Starts reading. Resolves once the consumer groups exist, or could not be made at the first try:
   * then it goes on trying. Idempotent.
   *
   * @throws ProcessNameInUseError where another live process keeps this one's name. `GroupNameInUseError`
   *   where the consumer group belongs to another listener.
   */
  async start(): Promise<void> {
    if (this.running) return;
    const started = new Promise<void>((resolve, reject) => {
      this.starting = { began: clock.now(), resolve, reject };
    });
    this.running = this.run();
    // It may be stopped before it has started.
    await Promise.race([started, this.running]);
  }

  /**
   * Takes in nothing more and resolves when the handler in flight is done and its acknowledgement
   * is confirmed. An event that is waiting for its next attempt is handed back, with what was
   * fetched and not begun. Idempotent.
   *
   * @param timeoutMs after this long the handler in flight is told to stop (`message.signal`) and
   *   not waited for any longer: its event stays pending.
   * @returns how many events stay pending for that reason.
   */
  async stop(timeoutMs: number): Promise<number> {
    this.stopping.abort();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'timeout'>((resolve) => {
      timer = setTimeout(() => resolve('timeout'), timeoutMs);
    });
    const outcome = await Promise.race([this.running, timeout]);
    clearTimeout(timer);
    if (outcome !== 'timeout') return 0;
    const unfinished = this.subscription.abandon();
    if (unfinished > 0) {
      this.logger.error(
        `Listener '${this.listener.name}' did not finish within shutdown_timeout (${timeoutMs} ms). ` +
          'Its event stays pending and will be delivered again.',
      );
    }
    this.givingUp.abort(new Error(`no time was left (shutdown_timeout is ${timeoutMs} ms)`));
    const late = AbortSignal.timeout(LAST_MS);
    await unlessAborted(this.close(), late);
    return unfinished;
  }

  /** The streams that hold this listener's events as things stand. @param complete see `findSources`. */
  sources(complete: boolean): Promise<StreamSource[]> {
    return findSources(this.listener, this.stores, complete);
  }

  /** Looks for entries to take over now, whatever `reclaim_interval` says. */
  claimSoon(): void {
    this.subscription.claimSoon();
  }

  /**
   * For how long nothing has moved, ms: its handler has not returned, or a store has neither answered nor failed. 0
   * where there is nothing to do, while it waits for the next attempt, and for as long as the listener's own `timeout`
   * lets its handler go on.
   */
  get standstillMs(): number {
    const { timeout = 0 } = this.listener.options;
    const { handlingMs } = this.work;
    return Math.max(handlingMs > timeout ? handlingMs : 0, this.subscription.readingMs);
  }

  /** How it fares. */
  state(): ListenerState {
    const { name, place } = this.listener;
    const { failure, lost } = this.log;
    const { handling, failing } = this.work;
    return {
      ...{ name, place, status: this.status(), handling, lost },
      // What can't be read can't be tried again, either.
      failing: failure ?? failing,
      streams: this.subscription.refs,
    };
  }

  private status(): ListenerState['status'] {
    if (this.stopping.signal.aborted) return 'stopped';
    if (this.log.failure ?? this.work.failing) return 'failing';
    return this.running && !this.starting ? 'reading' : 'starting';
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted;) {
      const before = this.processor.processed;
      const fault = await this.runOnce();
      if (!fault || this.stopping.signal.aborted) break;
      failures = this.processor.processed > before ? 1 : failures + 1;
      await this.restart(fault.error, failures);
    }
    await this.close();
  }

  /** @returns why the loop has ended, though nobody has stopped it. */
  private async runOnce(): Promise<{ readonly error: unknown } | undefined> {
    try {
      await this.processor.run();
      if (this.stopping.signal.aborted) return undefined;
      return { error: new Error('its entries came to an end') };
    } catch (error) {
      return { error };
    }
  }

  /** What an error of a handler would be in for is in for a fault of ours: it goes on, or nothing does. */
  private async restart(error: unknown, failures: number): Promise<void> {
    const { signal } = this.stopping;
    if (this.listener.options.onError === 'shutdown') {
      this.log.broke('fatal', error, 'The application shuts down (onError).', failures, null);
      this.shutDown();
    } else {
      const delayMs = backoffMs(failures, FIRST_RESTART_MS, LONGEST_RESTART_MS);
      const plan = `It starts again in ${delayMs} ms, where it stopped.`;
      this.log.broke('error', error, plan, failures, delayMs);
      this.started();
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private shutDown(): void {
    // Nothing may overtake the event, so the loop ends here and now.
    this.stopping.abort();
    this.onShutdown();
  }

  /** Whoever waits for the start waits no longer. */
  private started(): void {
    this.starting?.resolve();
    this.starting = undefined;
  }

  private close(): Promise<void> {
    this.closed ??= this.closeSubscription();
    return this.closed;
  }

  private async closeSubscription(): Promise<void> {
    try {
      await this.subscription.close(this.givingUp.signal);
    } catch (error) {
      this.logger.warn(
        `Listener '${this.listener.name}' stopped, but its last acknowledgement failed: ` +
          `${describeError(error).replace(/\.$/, '')}. That event will be delivered again.`,
      );
    }
  }

  private follow(change: SubscriptionChange): void {
    this.log.report(change);
    if (LOSSES.hasSubscribers) tellLoss(this.stores.holder.token, this.listener.name, change);
    const { starting } = this;
    if (!starting || (change.kind !== 'started' && change.kind !== 'failed')) return;
    if (change.kind === 'failed') {
      const { error } = change;
      // The name of a process that was killed is free when its lease is over; a live one keeps it.
      const isWaiting = clock.now() - starting.began < LEASE_MS * 1.5;
      if (error instanceof ProcessNameInUseError && isWaiting) return;
      if (error instanceof ProcessNameInUseError || error instanceof GroupNameInUseError) {
        this.stopping.abort();
        starting.reject(error);
      }
    }
    this.started();
  }
}
