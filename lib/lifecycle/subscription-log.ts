import { DisconnectedError, ProcessNameInUseError } from '../errors.js';
import { types } from 'node:util';
import type { Since } from '../config/options/listener.options.js';
import type { Listener } from '../listener/listener.js';
import type { LightbusLogger } from '../logger.js';
import type { SubscriptionChange } from '../reading/subscription-change.js';
import type { GroupRef } from '../store/consumer-groups.js';
import type { GroupState, VanishedHistory } from '../store/group-state.js';
import type { Failing } from '../handling/work-state.js';
import { describeError, stackOf } from '../handling/describe-error.js';

/** How many losses of history a listener's state remembers. */
const REMEMBERED_LOSSES = 100;

/** History that was lost before a listener saw it. */
export interface NoticedLoss extends VanishedHistory {
  readonly stream: string;
  readonly noticedAt: Date;
}

/** Follows one listener's subscription: logs each change of state once, and knows the state. */
export class SubscriptionLog {
  /** What keeps the listener from reading, as it was last logged. */
  private trouble?: string;
  private failing?: Failing;
  private readonly noticed: NoticedLoss[] = [];

  constructor(
    private readonly listener: Listener,
    private readonly logger: LightbusLogger,
  ) {}

  /** Why the listener can't read, or has broken off; `undefined` while all goes well. */
  get failure(): Failing | undefined {
    return this.failing;
  }

  /** Losses of history so far, the last hundred. */
  get lost(): readonly NoticedLoss[] {
    return [...this.noticed];
  }

  /** Logs a change. */
  report(change: SubscriptionChange): void {
    const listener = `Listener '${this.listener.name}'`;
    switch (change.kind) {
      case 'started':
        return;
      case 'opened':
        this.logger.log(`${listener} ${describeStart(change, this.listener.options.since)}.`);
        return;
      case 'remade':
        this.logger.error(`${listener} ${describeRemake(change)}`);
        return;
      case 'taken':
        this.logger.error(
          `${listener} had entry ${change.nativeId} of '${change.ref.stream}' taken over by another process: ` +
            'this one gave no sign of life for too long. The event may be handled twice.',
        );
        return;
      case 'upkeep_failed':
        this.logger.error(
          `${listener} can't keep house in '${change.ref.group}' on '${change.ref.stream}': ` +
            `${describeError(change.error).replace(/\.$/, '')}. Until that is mended, no loss of history ` +
            'is noticed there, and other processes may take a quiet listener for dead.',
        );
        return;
      case 'vanished':
        this.reportVanished(change.ref, change.range);
        return;
      case 'skipped':
        this.reportSkipped(change.ref, change.range);
        return;
      case 'failed':
        this.fails(change.error, change.attempt, change.retryInMs);
        this.reportTrouble(change.error);
        return;
      case 'recovered':
        this.failing = undefined;
        this.reportTrouble(undefined);
    }
  }

  /**
   * The loop of the listener has ended, which it never should.
   *
   * @param plan what happens now.
   * @param attempt the how many-th time in a row.
   * @param retryInMs when it begins again, ms from now; `null`: never.
   */
  broke(
    level: 'error' | 'fatal',
    error: unknown,
    plan: string,
    attempt: number,
    retryInMs: number | null,
  ): void {
    this.fails(error, attempt, retryInMs);
    this.trouble = describeError(error);
    this.logger[level](
      `Listener '${this.listener.name}' broke off: ${this.trouble.replace(/\.$/, '')}. This is a fault of ` +
        `nestjs-lightbus itself; please report it. ${plan}`,
      stackOf(error),
    );
  }

  private fails(error: unknown, attempt: number, retryInMs: number | null): void {
    const now = new Date().getTime();
    const nextTryAt = retryInMs === null ? null : new Date(now + retryInMs);
    const since = this.failing?.since ?? new Date(now);
    this.failing = { since, attempt, error: describeError(error), nextTryAt };
  }

  private reportSkipped({ stream, group }: GroupRef, range: VanishedHistory): void {
    this.remember(stream, range);
    this.logger.error(
      `Listener '${this.listener.name}': its consumer group '${group}' on '${stream}' has lost all workers that ` +
        'this module knew, and stands further on. Where others made it again (Python Lightbus does so at the ' +
        `newest entry), entries after ${range.after} up to ${range.until} were handled by nobody; where ` +
        'other workers of the group went on, by them. The entries are still on the stream: to have them ' +
        'handled, and everything that follows once more, stop all workers of the group and run ' +
        `XGROUP SETID ${JSON.stringify(stream)} ${JSON.stringify(group)} ${range.after}`,
    );
  }

  private remember(stream: string, range: VanishedHistory): void {
    this.noticed.push({ ...range, stream, noticedAt: new Date() });
    if (this.noticed.length > REMEMBERED_LOSSES) this.noticed.shift();
  }

  private reportVanished({ stream }: GroupRef, vanished: VanishedHistory): void {
    this.remember(stream, vanished);
    const range =
      vanished.until === null
        ? `the stream itself was deleted, flushed or evicted, with whatever followed ${vanished.after}`
        : `entries after ${vanished.after} up to ${vanished.until} were deleted or trimmed`;
    this.logger.error(
      `Listener '${this.listener.name}': HISTORY IS LOST on '${stream}': ${range}, before this listener ` +
        'had handled it. Restore it from a backup if it matters. Keep max_stream_length null, ' +
        'maxmemory-policy noeviction and appendonly yes, so that it does not happen again.',
    );
  }

  private reportTrouble(error: unknown): void {
    const trouble = error === undefined ? undefined : describeError(error);
    const before = this.trouble;
    if (error instanceof DisconnectedError) {
      // Said by the store, once for all listeners.
      this.logger.debug(`Listener '${this.listener.name}' waits for a connection: ${trouble}`);
      return;
    }
    this.trouble = trouble;
    if (trouble === undefined) {
      if (before !== undefined) this.logger.log(`Listener '${this.listener.name}' reads again.`);
    } else if (trouble === before) {
      return;
    } else if (error instanceof ProcessNameInUseError) {
      // A process that was killed a moment ago, or a second one: the start decides.
      this.logger.warn(`Listener '${this.listener.name}' waits for its process name: ${trouble}`);
    } else {
      this.logger.error(
        `Listener '${this.listener.name}' can't go on: ${trouble.replace(/\.$/, '')}. It tries again, with growing delays.`,
      );
    }
  }
}

function describeStart(
  { ref, group }: Extract<SubscriptionChange, { kind: 'opened' }>,
  since: Since,
): string {
  const ahead = `${countAhead(group)} ahead`;
  const start = types.isDate(since) ? since.toISOString() : since;
  return group.created
    ? `made its consumer group '${ref.group}' on '${ref.stream}', since '${start}': ${ahead}`
    : `goes on in consumer group '${ref.group}' on '${ref.stream}' after ${group.lastDeliveredId}: ${ahead}`;
}

function describeRemake({ ref, group }: Extract<SubscriptionChange, { kind: 'remade' }>): string {
  const where =
    group.vanished?.until === null
      ? 'the beginning of the stream that is there now'
      : 'where it had stopped';
  return (
    `found its consumer group '${ref.group}' on '${ref.stream}' gone (flushed, evicted, destroyed, or ` +
    `lost in a failover), and made it again after ${group.lastDeliveredId}, ${where}: ` +
    `${countAhead(group)} ahead. Events that were being handled at that time may come twice.`
  );
}

function countAhead({ ahead }: GroupState): string {
  return ahead === 1 ? '1 entry' : `${ahead ?? 'more than 1000'} entries`;
}
