import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { DisconnectedError, NotDurableError } from '../errors.js';
import { inBackground } from '../timing/background.js';
import {
  describeFinding,
  describeVerdict,
  severityOf,
  type Auditable,
  type DurabilityVerdict,
} from './durability.js';

/** How long one attempt to reach an absent store lasts, ms; and the pause after it. */
const ATTEMPT_MS = 60_000;
const PAUSE_MS = 1_000;

/**
 * Tells in the log, once for each store, how safe events are there: as soon as it can be asked.
 * Refuses the start where more is required.
 */
export class DurabilityCheck {
  private readonly verdicts = new Map<Auditable, Promise<DurabilityVerdict>>();
  private readonly awaited = new Set<Auditable>();
  private readonly closing = new AbortController();
  private told?: string;

  constructor(private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>) {}

  /**
   * Connects, and tells the verdict. A store that can't be reached within `timeoutMs` is asked
   * once it can be; that it is away, it logs itself.
   */
  async report(store: Auditable, timeoutMs: number): Promise<void> {
    try {
      await store.connect(timeoutMs);
      await this.audit(store);
    } catch (error) {
      this.tell(error);
      inBackground(
        () => this.reportLater(store),
        (reason) => this.tell(reason),
      );
    }
  }

  /** As {@link report}, for the setting `require_durable`. @throws NotDurableError */
  async require(store: Auditable, timeoutMs: number): Promise<void> {
    const { description } = store;
    const verdict = await this.connectAndAudit(store, timeoutMs);
    if (verdict.durable) return;
    const { findings } = verdict;
    const faults = findings.filter(({ level }) => level === 'problem');
    const problems = faults.length > 0 ? faults : findings;
    throw new NotDurableError(
      `The start is refused, as require_durable is set and events on ${description} can get lost: ` +
        `${problems.map(describeFinding).join('; ')}. Change that, or remove require_durable.`,
      problems.map(({ text }) => text),
    );
  }

  /** Asks nobody any more. */
  close(): void {
    this.closing.abort();
  }

  private async connectAndAudit(store: Auditable, timeoutMs: number): Promise<DurabilityVerdict> {
    try {
      await store.connect(timeoutMs);
      return await this.audit(store);
    } catch (error) {
      const reason = messageOf(error);
      throw new NotDurableError(
        `The start is refused, as require_durable is set and ${store.description} can't be asked ` +
          `whether it keeps events: ${reason}`,
        [reason],
        { cause: error },
      );
    }
  }

  private audit(store: Auditable): Promise<DurabilityVerdict> {
    let verdict = this.verdicts.get(store);
    if (!verdict) {
      this.verdicts.set(store, (verdict = this.askAndTell(store)));
      // What failed is asked again by whoever comes next.
      verdict.catch(() => this.verdicts.delete(store));
    }
    return verdict;
  }

  private async askAndTell(store: Auditable): Promise<DurabilityVerdict> {
    const verdict = await store.audit();
    this.logger[severityOf(verdict)](describeVerdict(store.description, verdict));
    return verdict;
  }

  /** What is in the way, once: that a store is away, it logs itself. */
  private tell(error: unknown): void {
    const message = messageOf(error);
    if (error instanceof DisconnectedError || message === this.told) return;
    this.told = message;
    this.logger.error(message);
  }

  private async reportLater(store: Auditable): Promise<void> {
    if (this.awaited.has(store)) return;
    this.awaited.add(store);
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await store.connect(ATTEMPT_MS);
        await this.audit(store);
        return;
      } catch (error) {
        this.tell(error);
        // An aborted pause is how a stop looks.
        await delay(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
