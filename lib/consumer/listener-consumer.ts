import { setTimeout as delay } from 'node:timers/promises';
import { receive, type ReceivedEvent } from '../listener/incoming-event.js';
import { findSelection, type Listener } from '../listener/listener.js';
import type { ListenerSelection, Since } from '../listener/on-event.decorator.js';
import type { LightbusLogger } from '../logger.js';
import { groupStart } from '../transport/position.js';
import type { Delivery } from '../transport/delivery.js';
import { Subscription, type SubscriptionChange } from '../transport/subscription.js';
import {
  DisconnectedError,
  type DeadLetterReport,
  type GroupState,
} from '../transport/transport.js';
import type { Transports } from '../transport/transports.js';
import { describeError } from './describe-error.js';
import { retryDelayMs } from './failure-policy.js';
import { findSources } from './listener-sources.js';

type EventContent = Extract<Delivery['content'], { kind: 'event' }>;

/**
 * The loop of one listener: one event at a time, in the order of its subscription. An event is
 * acknowledged after its handler succeeded; one that fails is tried again, and nothing overtakes it.
 */
export class ListenerConsumer {
  private readonly stopping = new AbortController();
  private readonly subscription: Subscription;
  private running?: Promise<void>;
  private settleStart?: () => void;
  /** What keeps this listener from reading, as it was last logged. */
  private trouble?: string;

  constructor(
    private readonly listener: Listener,
    private readonly transports: Transports,
    private readonly logger: LightbusLogger,
  ) {
    this.subscription = new Subscription({
      since: groupStart(listener.options.since ?? 'beginning'),
      sources: () => findSources(listener, transports),
      onChange: (change) => this.report(change),
    });
  }

  /**
   * Starts reading. Resolves once the consumer groups exist, or could not be made at the first try:
   * then it goes on trying. Idempotent.
   */
  async start(): Promise<void> {
    if (this.running) return;
    const started = new Promise<void>((resolve) => (this.settleStart = resolve));
    this.running = this.run();
    // It may be stopped before it has started.
    await Promise.race([started, this.running]);
  }

  /**
   * Takes in nothing more and resolves when the handler in flight is done and its acknowledgement
   * is confirmed. An event that is waiting for its next attempt stays pending. Idempotent.
   */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    for await (const delivery of this.subscription.read(this.stopping.signal)) {
      await this.process(delivery);
    }
    try {
      await this.subscription.close();
    } catch (error) {
      this.logger.warn(
        `Listener '${this.listener.name}' stopped, but its last acknowledgement failed: ` +
          `${describeError(error)}. That event will be delivered again.`,
      );
    }
  }

  /** Tries until the entry is dealt with. Left pending where this process stops, or lost it, before that. */
  private async process(delivery: Delivery): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.dispatch(delivery, attempt);
        return;
      } catch (error) {
        const retryInMs = retryDelayMs(attempt);
        this.logger.error(
          `${this.describe(delivery)} failed at attempt ${attempt} in ${this.listener.place}: ` +
            `${describeError(error)}. Next attempt in ${retryInMs} ms; no later event overtakes it.`,
          error instanceof Error ? error.stack : undefined,
        );
        const signal = AbortSignal.any([this.stopping.signal, delivery.signal]);
        await delay(retryInMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  private async dispatch(delivery: Delivery, attempt: number): Promise<void> {
    const { content } = delivery;
    if (content.kind === 'noop') {
      this.subscription.acknowledge(delivery);
    } else if (content.kind === 'event') {
      // As in Lightbus, the stream says whose API an event is; its own field may say otherwise.
      const selection = findSelection(this.listener, delivery.streamApi, content.eventName);
      if (selection) await this.handle(delivery, content, selection, attempt);
      else this.subscription.acknowledge(delivery);
    } else {
      const [reason, message] =
        content.kind === 'deleted'
          ? [
              'deleted',
              'History is lost: the entry was delivered, but its data has been deleted from the stream',
            ]
          : ['malformed', `The entry is no event: ${content.reason}`];
      await this.setAside(delivery, { reason, message, attempts: 0 });
    }
  }

  private async handle(
    delivery: Delivery,
    content: EventContent,
    selection: ListenerSelection,
    attempt: number,
  ): Promise<void> {
    const { settings } = this.transports.forApi(delivery.streamApi);
    const received = await receive({ ...content, ...position(delivery) }, selection, settings);
    if (received.invalid.length > 0) {
      await this.setAside(delivery, describeInvalid(received));
      return;
    }
    if (attempt === 1) this.warnOfNotes(delivery, [...content.notes, received.note]);
    await this.listener.invoke(received.message);
    if (attempt > 1) this.logger.log(`${this.describe(delivery)} succeeded at attempt ${attempt}.`);
    this.subscription.acknowledge(delivery);
  }

  private warnOfNotes(delivery: Delivery, notes: readonly (string | undefined)[]): void {
    const known = notes.filter((note) => note !== undefined);
    if (known.length === 0) return;
    this.logger.warn(
      `${this.describe(delivery)} is irregular: ${known.join('; ')}. It is handled all the same.`,
    );
  }

  private async setAside(
    delivery: Delivery,
    report: Omit<DeadLetterReport, 'listener'>,
  ): Promise<void> {
    this.logger.error(
      `${this.describe(delivery)} is set aside on the listener's dead-letter stream. ${report.message}.`,
    );
    await this.subscription.deadLetter(delivery, { listener: this.listener.name, ...report });
  }

  private report(change: SubscriptionChange): void {
    const listener = `Listener '${this.listener.name}'`;
    if (change.kind === 'started') {
      this.settleStart?.();
    } else if (change.kind === 'opened') {
      this.logger.log(`${listener} ${describeStart(change, this.listener.options.since)}.`);
    } else if (change.kind === 'remade') {
      this.logger.error(`${listener} ${describeRemake(change)}`);
    } else if (change.kind === 'lost') {
      this.logger.error(
        `${listener} lost entry ${change.nativeId} of '${change.stream}': it was idle for longer than ` +
          'acknowledgement_timeout, and another consumer took it over. It may be handled twice.',
      );
    } else {
      this.settleStart?.();
      this.reportTrouble(change.kind === 'failed' ? change.error : undefined);
    }
  }

  private reportTrouble(error: unknown): void {
    const trouble = error === undefined ? undefined : describeError(error);
    const before = this.trouble;
    if (error instanceof DisconnectedError) {
      // Said by the transport, once for all listeners.
      this.logger.debug(`Listener '${this.listener.name}' waits for a connection: ${trouble}`);
      return;
    }
    this.trouble = trouble;
    if (trouble === undefined) {
      if (before !== undefined) this.logger.log(`Listener '${this.listener.name}' reads again.`);
    } else if (trouble !== before) {
      this.logger.error(
        `Listener '${this.listener.name}' can't read: ${trouble}. It tries again, with growing delays.`,
      );
    }
  }

  private describe({ stream, nativeId, content }: Delivery): string {
    const name =
      content.kind === 'event' ? `Event ${content.apiName}.${content.eventName}` : 'Entry';
    return `${name} (${nativeId} on '${stream}', listener '${this.listener.name}')`;
  }
}

function position({ content: _, ...delivery }: Delivery): Omit<Delivery, 'content'> {
  return delivery;
}

function describeInvalid({ invalid }: ReceivedEvent): Omit<DeadLetterReport, 'listener'> {
  const problems = invalid.flatMap(({ path, constraints }) =>
    Object.values(constraints).map((problem) => (path ? `${path}: ${problem}` : problem)),
  );
  const message = `The event is invalid, and validate.incoming is on: ${problems.join('; ')}`;
  return { reason: 'invalid', message, attempts: 0 };
}

function describeStart(
  { ref, group }: Extract<SubscriptionChange, { kind: 'opened' }>,
  since: Since = 'beginning',
): string {
  const ahead = `${countAhead(group)} ahead`;
  const start = since instanceof Date ? since.toISOString() : since;
  return group.created
    ? `made its consumer group '${ref.group}' on '${ref.stream}', since '${start}': ${ahead}`
    : `goes on in consumer group '${ref.group}' on '${ref.stream}' after ${group.lastDeliveredId}: ${ahead}`;
}

function describeRemake({ ref, group }: Extract<SubscriptionChange, { kind: 'remade' }>): string {
  return (
    `found its consumer group '${ref.group}' on '${ref.stream}' gone (flushed, evicted, destroyed, or ` +
    `lost in a failover), and made it again after ${group.lastDeliveredId}, where it had stopped: ` +
    `${countAhead(group)} ahead. Events that other processes were handling may be missing or come twice.`
  );
}

function countAhead({ ahead }: GroupState): string {
  return ahead === 1 ? '1 entry' : `${ahead ?? 'an unknown number of'} entries`;
}
