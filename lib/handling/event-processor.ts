import { ATTEMPTS } from '../channels/channels.js';
import { traced } from '../channels/traced.js';
import { findSelection, type Listener } from '../listener/listener.js';
import type { ListenerSelection } from '../listener/handler-registry.js';
import type { LightbusLogger } from '../logger.js';
import type { Delivery } from '../reading/delivery.js';
import type { Subscription } from '../reading/subscription.js';
import type { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import type { Stores } from '../store/stores.js';
import { clock } from '../timing/clock.js';
import { deserialize, type DecodedEntry, type DecodedEvent } from '../wire/by-field.js';
import { attempt, receive, type ReceivedEvent } from './attempt.js';
import { Deadline } from './deadline.js';
import { describeDelivery } from './describe-delivery.js';
import { isGivenUp } from './failure-policy.js';
import type { WorkState } from './work-state.js';
import { Failures, type Failed, type FailureParts } from './failures.js';
import { ToldAttempt } from './told-attempt.js';

/** What the stored fields say. `deleted`: the entry is pending, but its data is gone. */
type Content = DecodedEntry | { readonly kind: 'deleted' };

/** Of an attempt, or of what makes its payload. A promise only where there is something to wait for. */
type Outcome = Failed | undefined | Promise<Failed | undefined>;

/** What a {@link EventProcessor} works with. */
export interface ProcessorParts extends FailureParts {
  /** Those of other services, for events that no class here describes. */
  readonly schemas: Pick<RemoteSchemas, 'validateReceived'>;
  /** Where entries come from, and are acknowledged and set aside. */
  readonly entries: FailureParts['entries'] & Pick<Subscription, 'read' | 'takeNow'>;
}

/**
 * The loop of one listener. Deals with one entry at a time, in the order in which they are given: handler,
 * failure policy, acknowledgement or dead letter. One that fails is tried again, and nothing overtakes it.
 */
export class EventProcessor {
  private readonly listener: Listener;
  private readonly stores: Stores;
  private readonly schemas: ProcessorParts['schemas'];
  private readonly logger: LightbusLogger;
  private readonly entries: ProcessorParts['entries'];
  private readonly stopping: AbortSignal;
  private readonly failures: Failures;
  private readonly work: WorkState;
  private readonly deadline: Deadline | undefined;
  /** How many entries were dealt with. */
  processed = 0;

  constructor(parts: ProcessorParts) {
    this.listener = parts.listener;
    this.stores = parts.stores;
    this.schemas = parts.schemas;
    this.logger = parts.logger;
    this.entries = parts.entries;
    this.stopping = parts.stopping;
    this.failures = new Failures(parts);
    this.work = parts.work;
    const { timeout } = this.listener.options;
    if (timeout !== undefined) this.deadline = new Deadline(timeout);
  }

  /**
   * Deals with entries until the process stops.
   *
   * @throws what is a fault of this module, in reading or in handling: whatever handlers and decorators of the
   *   application throw is dealt with by the listener's policy. Whoever runs it again goes on with that entry.
   */
  async run(): Promise<void> {
    for await (const first of this.entries.read(this.stopping)) {
      let delivery: Delivery | undefined = first;
      while (delivery) {
        const processing = this.process(delivery);
        if (processing) await processing;
        this.work.end();
        this.processed++;
        delivery = this.entries.takeNow(this.stopping);
      }
    }
  }

  /**
   * Tries until the entry is dealt with. It is left pending where this process stops before
   * that, where another one takes it over, and where the application has to shut down.
   *
   * @returns a promise only where there is something to wait for.
   */
  process(delivery: Delivery): Promise<void> | undefined {
    const attempts = delivery.attempts + 1;
    const outcome = this.isOverdue(delivery)
      ? this.lastTry(delivery, attempts)
      : this.dispatch(delivery, attempts);
    return outcome && this.finish(delivery, outcome, attempts);
  }

  private async finish(delivery: Delivery, first: Outcome, attempts: number): Promise<void> {
    let failure = await first;
    const since = delivery.times?.failingSince ?? clock.now();
    for (let made = attempts; failure; made++) {
      const failingMs = clock.now() - since;
      if (!(await this.failures.handle(delivery, { ...failure, attempt: made, failingMs }))) return;
      failure = await this.dispatch(delivery, made + 1);
    }
  }

  /** What is thrown here is no failure of the event. */
  private dispatch(delivery: Delivery, attempts: number): Outcome {
    this.work.begin(delivery);
    // Each time: a handler may change its event before it fails, and what is nested in it, too.
    const content = decode(delivery);
    if (content.kind === 'noop') {
      this.entries.acknowledge(delivery);
    } else if (content.kind === 'event' && this.isGivenUp(delivery)) {
      return this.failures.setAside(delivery, {
        reason: 'failed',
        message: `The process ended while the event was being handled, in the last of ${delivery.attempts} attempts`,
        attempts: delivery.attempts,
      });
    } else if (content.kind === 'event') {
      // As in Lightbus, the stream says whose API an event is; its own field may say otherwise.
      const selection = findSelection(this.listener, delivery.streamApi, content.eventName);
      if (selection) return this.handle(delivery, content, selection, attempts);
      this.entries.acknowledge(delivery);
    } else {
      const [reason, message] =
        content.kind === 'deleted'
          ? [
              'deleted',
              'History is lost: the entry has vanished, as its data was deleted from the stream while it was pending',
            ]
          : ['malformed', `The entry is no event: ${content.reason}`];
      return this.failures.setAside(delivery, { reason, message, attempts: 0 });
    }
    return undefined;
  }

  /**
   * An event that takes the whole process down each time is given up, too. One whose latest attempt has failed does
   * not: it is tried once more, as where the listener's policy was another one until now.
   */
  private isGivenUp({ attempts, times, hasFailed = false }: Delivery): boolean {
    if (hasFailed) return false;
    return isGivenUp(this.listener.options, attempts, times?.triedForMs ?? 0);
  }

  /** Whether the time of the event was over before this process was given it. */
  private isOverdue(delivery: Delivery): boolean {
    const { attempts, times } = delivery;
    if (!times || this.isGivenUp(delivery)) return false;
    return isGivenUp(this.listener.options, attempts, clock.now() - times.failingSince);
  }

  /** All may have been down meanwhile. If the attempt takes this process down, whoever comes next gives the event up. */
  private async lastTry(delivery: Delivery, attempts: number): Promise<Failed | undefined> {
    await this.entries.recordAttempts(delivery, delivery.attempts, false);
    return this.dispatch(delivery, attempts);
  }

  private handle(
    delivery: Delivery,
    content: DecodedEvent,
    selection: ListenerSelection,
    attempts: number,
  ): Outcome {
    if (!ATTEMPTS.hasSubscribers) return this.tryOnce(delivery, content, selection, attempts);
    const { listener, stores } = this;
    const told = new ToldAttempt(
      ...([stores.holder.token, listener.name, delivery, content, attempts] as const),
    );
    const handle = () => this.tryOnce(delivery, content, selection, attempts, told);
    return traced(ATTEMPTS, told, handle, (failure) => told.end(failure));
  }

  private tryOnce(
    delivery: Delivery,
    content: DecodedEvent,
    selection: ListenerSelection,
    attempts: number,
    told?: ToldAttempt,
  ): Outcome {
    const { settings } = this.stores.forApi(delivery.streamApi);
    let received: ReturnType<typeof receive>;
    try {
      received = receive(content, selection, settings, this.schemas);
    } catch (error) {
      return { error };
    }
    return received instanceof Promise
      ? received.then((made) => this.call(delivery, made, attempts, told), failed)
      : this.call(delivery, received, attempts, told);
  }

  private call(
    delivery: Delivery,
    received: ReceivedEvent,
    attempts: number,
    told: ToldAttempt | undefined,
  ): Outcome {
    const isFirst = attempts === delivery.attempts + 1;
    if (isFirst) this.warnOfNotes(delivery, received);
    if (received.invalid.length > 0) return invalidEvent(received);
    let running: Promise<void> | undefined;
    try {
      running = attempt(this.listener, received, delivery, this.deadline, told);
    } catch (error) {
      return { error };
    }
    if (running) return running.then(() => this.succeeded(delivery, attempts), failed);
    return this.succeeded(delivery, attempts);
  }

  private succeeded(delivery: Delivery, attempts: number): Outcome {
    // A handler that was told to stop may have returned in the middle of its work.
    if (delivery.isStopped) return undefined;
    // First: nothing that goes wrong from here on must have the handler called again.
    this.entries.acknowledge(delivery);
    if (attempts > 1)
      this.logger.log(
        `${describeDelivery(delivery, this.listener)} succeeded at attempt ${attempts}.`,
      );
    return undefined;
  }

  private warnOfNotes(delivery: Delivery, { notes, invalid }: ReceivedEvent): void {
    if (notes.length === 0) return;
    const outcome = invalid.length === 0 ? ' It is handled all the same.' : '';
    this.logger.warn(
      `${describeDelivery(delivery, this.listener)} is irregular: ${notes.join('; ')}.${outcome}`,
    );
  }
}

function failed(error: unknown): Failed {
  return { error };
}

function decode({ fields, stream, nativeId }: Delivery): Content {
  return fields ? deserialize(fields, stream, nativeId) : { kind: 'deleted' };
}

function invalidEvent({ invalid }: ReceivedEvent): Failed {
  const problems = invalid.flatMap(({ path, constraints }) =>
    Object.values(constraints).map((problem) => (path ? `${path}: ${problem}` : problem)),
  );
  const text = `The event is invalid, and validate.incoming is on: ${problems.join('; ')}`;
  return { error: new Error(text), isInvalid: true };
}
