import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from '../listener/listener.js';
import type { LightbusLogger } from '../logger.js';
import type { Delivery } from '../reading/delivery.js';
import type { Subscription } from '../reading/subscription.js';
import type { DeadLetterReport } from '../store/event-store.js';
import { linkSignals } from '../timing/linked-signal.js';
import { describeDelivery } from './describe-delivery.js';
import { describeError, stackOf } from './describe-error.js';
import { decide, type Failure } from './failure-policy.js';

/** Why an entry is set aside. */
export type SetAsideReport = Omit<DeadLetterReport, 'listener'>;

/** What an attempt has come to. */
export type Failed = Pick<Failure, 'error' | 'isInvalid'>;

/** What {@link Failures} work with. */
export interface FailureParts {
  readonly listener: Listener;
  readonly logger: LightbusLogger;
  /** Where entries are acknowledged and set aside. */
  readonly entries: Pick<Subscription, 'acknowledge' | 'deadLetter' | 'recordAttempts'>;
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
  constructor(private readonly parts: FailureParts) {}

  /**
   * Does what the listener's policy says after a failed attempt, and waits where there is to be another one.
   *
   * @param attempts how many have been made, with this one.
   * @returns true where the event is to be tried again now.
   */
  async handle(
    delivery: Delivery,
    { error, isInvalid = false }: Failed,
    attempts: number,
  ): Promise<boolean> {
    const { listener, logger, entries, onShutdown } = this.parts;
    // Where the event is wrong, no code is to blame.
    const stack = isInvalid ? undefined : stackOf(error);
    const what =
      `${describeDelivery(delivery, listener)} failed at attempt ${attempts} in ${listener.place}: ` +
      `${describeError(error).replace(/\.$/, '')}.`;
    if (delivery.isStopped) {
      // Whoever has the event now, or this process after its restart, decides what becomes of it.
      logger.warn(`${what} It had been told to stop; the event stays pending.`);
      return false;
    }
    const action = decide(listener.options, { error, attempt: attempts, isInvalid });
    switch (action.kind) {
      case 'retry': {
        const plan = `Next attempt in ${action.delayMs} ms; no later event overtakes it.`;
        logger.error(`${what} ${plan}`, stack);
        const isCounted = listener.options.onError === 'dead_letter';
        if (isCounted) await entries.recordAttempts(delivery, attempts, true);
        if (!(await this.pause(action.delayMs, delivery.signal))) return false;
        // If it takes the process down, that is one more.
        if (isCounted) await entries.recordAttempts(delivery, attempts, false);
        return true;
      }
      case 'acknowledge':
        logger.error(`${what} It is acknowledged all the same (acknowledge_and_log).`, stack);
        entries.acknowledge(delivery);
        return false;
      case 'dead_letter':
        // What is set aside is told below.
        if (!isInvalid) logger.error(what, stack);
        await this.setAside(delivery, {
          reason: isInvalid ? 'invalid' : 'failed',
          message: describeError(error),
          stack,
          attempts: isInvalid ? 0 : attempts,
        });
        return false;
      case 'shutdown':
        logger.fatal(`${what} The application shuts down; the event stays pending.`, stack);
        onShutdown();
        return false;
    }
  }

  /** Moves an entry to the listener's dead-letter stream. */
  async setAside(delivery: Delivery, report: SetAsideReport): Promise<undefined> {
    const { listener, logger, entries } = this.parts;
    logger.error(
      `${describeDelivery(delivery, listener)} is set aside on the listener's dead-letter stream. ${report.message.replace(/\.$/, '')}.`,
    );
    await entries.deadLetter(delivery, { listener: listener.name, ...report });
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
