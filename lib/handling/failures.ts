import { setTimeout as delay } from 'node:timers/promises';
import { RETRIES } from '../channels/channels.js';
import type { ResolvedConfig } from '../config/settings/settings.js';
import type { Listener } from '../listener/listener.js';
import type { LightbusLogger } from '../logger.js';
import type { Delivery } from '../reading/delivery.js';
import type { Subscription } from '../reading/subscription.js';
import type { DeadLetterReport } from '../store/event-store.js';
import type { FailureNote } from '../store/inspection.js';
import type { Stores } from '../store/stores.js';
import { inBackground } from '../timing/background.js';
import { linkSignals } from '../timing/linked-signal.js';
import { describeDelivery, eventNameOf } from './describe-delivery.js';
import { describeError, describeWithPlace, stackOf } from './describe-error.js';
import { decide, type Failure } from './failure-policy.js';
import type { WorkState } from './work-state.js';
import { redriveCommand, saysUser } from './redrive-command.js';

/** Why an entry is set aside. */
export type SetAsideReport = Omit<DeadLetterReport, 'listener'>;

/** What an attempt has come to. */
export type Failed = Pick<Failure, 'error' | 'isInvalid'>;

/** How many records that nobody waits for may be under way: what follows is told once the store answers again. */
const MOST_UNANSWERED = 20;

const REDRIVABLE: readonly string[] = ['failed', 'invalid'];

/** What {@link Failures} work with. */
export interface FailureParts {
  readonly listener: Listener;
  readonly stores: Stores;
  readonly logger: LightbusLogger;
  /** How a command finds the same Redis. */
  readonly config: Pick<ResolvedConfig, 'configArguments' | 'redisFrom'>;
  /** Where entries are acknowledged and set aside. */
  readonly entries: Pick<Subscription, 'acknowledge' | 'deadLetter' | 'recordAttempts'>;
  readonly work: WorkState;
  /** Aborted when the process stops: no further attempt is made then. */
  readonly stopping: AbortSignal;
  /** The listener asks for the application to be closed. Nothing may be processed after that. */
  readonly onShutdown: () => void;
}

/**
 * What becomes of an entry that one listener did not handle: by its policy tried again after a while, acknowledged all
 * the same, set aside, or left pending by an application that shuts down.
 */
export class Failures {
  /** Records that nobody waits for, and that are under way. */
  private unanswered = 0;

  constructor(private readonly parts: FailureParts) {}

  /**
   * Does what the listener's policy says after a failed attempt, and waits where there is to be another one.
   *
   * @returns true where the event is to be tried again now.
   */
  async handle(delivery: Delivery, failure: Failure): Promise<boolean> {
    const { listener, logger, entries, onShutdown } = this.parts;
    const { error, attempt, isInvalid = false } = failure;
    // Where the event is wrong, no code is to blame.
    const stack = isInvalid ? undefined : stackOf(error);
    const outcome = isInvalid ? 'is not handed to' : `failed at attempt ${attempt} in`;
    const reason = describeError(error).replace(/\.$/, '');
    const what = `${describeDelivery(delivery, listener)} ${outcome} ${listener.place}: ${reason}.`;
    if (delivery.isStopped) {
      // Whoever has the event now, or this process after its restart, decides what becomes of it.
      logger.warn(`${what} It had been told to stop; the event stays pending.`);
      return false;
    }
    const action = decide(listener.options, failure);
    switch (action.kind) {
      case 'retry': {
        const { delayMs } = action;
        const plan = `Next attempt in ${delayMs} ms; no later event overtakes it.`;
        logger.warn(`${what} ${plan}`);
        if (RETRIES.hasSubscribers) this.tellRetry(delivery, failure, delayMs);
        await this.note(delivery, failure, delayMs);
        if (!(await this.pause(delayMs, delivery.signal))) return false;
        // If it takes the process down, that is one more.
        await this.record(delivery, attempt, false);
        return true;
      }
      case 'acknowledge':
        logger.error(`${what} It is acknowledged all the same (acknowledge_and_log).`, stack);
        entries.acknowledge(delivery);
        return false;
      case 'dead_letter':
        await this.moveAway(delivery, what, {
          reason: isInvalid ? 'invalid' : 'failed',
          message: describeError(error),
          stack,
          attempts: isInvalid ? 0 : attempt,
        });
        return false;
      case 'shutdown':
        logger.fatal(`${what} The application shuts down; the event stays pending.`, stack);
        await this.note(delivery, failure, null);
        onShutdown();
        return false;
    }
  }

  /** Moves an entry to the listener's dead-letter stream that no handler was called with. */
  async setAside(delivery: Delivery, report: SetAsideReport): Promise<undefined> {
    const what = `${describeDelivery(delivery, this.parts.listener)} is given up. ${report.message.replace(/\.$/, '')}.`;
    await this.moveAway(delivery, what, report);
  }

  /** For operators, in this process and all others; and for whoever has the event next. */
  private async note(delivery: Delivery, failure: Failure, nextInMs: number | null): Promise<void> {
    this.parts.work.failed(failure, nextInMs);
    const { error, attempt } = failure;
    const note = { eventName: eventNameOf(delivery), error: describeWithPlace(error), nextInMs };
    await this.record(delivery, attempt, true, note);
  }

  /**
   * Where attempts are counted, the next one begins when they are recorded. Elsewhere nothing depends on the record: a
   * Redis that does not answer holds up neither the next attempt nor the end of the application.
   */
  private async record(
    delivery: Delivery,
    attempt: number,
    waits: boolean,
    note?: FailureNote,
  ): Promise<void> {
    const { listener, entries, logger } = this.parts;
    if (listener.options.onError === 'dead_letter') {
      await entries.recordAttempts(delivery, attempt, waits, note);
      return;
    }
    if (this.unanswered >= MOST_UNANSWERED) return;
    this.unanswered++;
    inBackground(
      () =>
        entries.recordAttempts(delivery, attempt, waits, note).finally(() => {
          this.unanswered--;
        }),
      (error) => {
        const what = `${describeDelivery(delivery, listener)} has failed, which could not be recorded`;
        logger.warn(`${what}: ${describeError(error)}`);
      },
    );
  }

  private async moveAway(delivery: Delivery, what: string, report: SetAsideReport): Promise<void> {
    const { listener, logger, entries } = this.parts;
    const letter = await entries.deadLetter(delivery, { listener: listener.name, ...report });
    if (letter === null) {
      logger.warn(
        `${what} It could not be set aside: whoever has it next decides what becomes of it.`,
      );
      return;
    }
    const redrive = REDRIVABLE.includes(report.reason) ? this.toRedrive(delivery, letter) : '';
    logger.error(
      `${what} It is set aside on the listener's dead-letter stream.${redrive}`,
      report.stack,
    );
  }

  /** How to have a dead letter handled once its cause is mended. */
  private toRedrive({ consumerGroup: group, streamApi }: Delivery, letter: string): string {
    const { listener, stores, config } = this.parts;
    const { store, settings } = stores.forApi(streamApi);
    const { kind, url, connection_parameters: parameters } = settings.event_transport;
    const { configArguments: configs, redisFrom } = config;
    const isInCode = configs.length === 0;
    // No command sees the memory of this process, and no URL names the sentinels that its code does.
    if (kind === 'memory' || (isInCode && store.description.startsWith('redis+sentinel:')))
      return ` To have it handled again: Listeners.redrive, id ${letter}.`;
    // Said in code, or in a variable that whoever reads the log may not have.
    const isElsewhere = isInCode || redisFrom !== undefined;
    const redis = isElsewhere ? store.description : undefined;
    const hasUser = saysUser(url) || (isInCode && saysUser(parameters));
    const target = { group, listener: listener.name, letter, configs, redis, hasUser };
    return ` To have it handled again: ${redriveCommand(target)}`;
  }

  private tellRetry(delivery: Delivery, { error, attempt }: Failure, delayMs: number): void {
    const { listener, stores } = this.parts;
    const { consumerGroup, stream, nativeId } = delivery;
    RETRIES.publish({
      ...{ application: stores.holder.token, listener: listener.name },
      ...{ consumerGroup, stream, nativeId, attempt, error, delayMs },
    });
  }

  /** @returns false where nothing is to be tried any more. */
  private async pause(ms: number, taken: AbortSignal): Promise<boolean> {
    const link = linkSignals([this.parts.stopping, taken]);
    const { signal } = link;
    try {
      await delay(ms, undefined, { signal }).catch(() => undefined);
      return !signal.aborted;
    } finally {
      link.unlink();
    }
  }
}
