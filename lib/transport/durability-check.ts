import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { NotDurableError } from '../errors.js';
import {
  describeFinding,
  describeVerdict,
  severityOf,
  type DurabilityVerdict,
} from './durability.js';
import { DisconnectedError, type EventTransport } from './transport.js';

/** How long one attempt to reach an absent transport lasts, ms; and the pause after it. */
const ATTEMPT_MS = 60_000;
const PAUSE_MS = 1_000;

/**
 * Tells in the log, once for each transport, how safe events are there: as soon as it can be asked.
 * Refuses the start where more is required.
 */
export class DurabilityCheck {
  private readonly verdicts = new Map<EventTransport, Promise<DurabilityVerdict>>();
  private readonly awaited = new Set<EventTransport>();
  private readonly closing = new AbortController();

  constructor(private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>) {}

  /**
   * Connects, and tells the verdict. A transport that can't be reached within `timeoutMs` is asked
   * once it can be; that it is away, it logs itself.
   */
  async report(transport: EventTransport, timeoutMs: number): Promise<void> {
    try {
      await transport.connect(timeoutMs);
      await this.audit(transport);
    } catch (error) {
      if (!(error instanceof DisconnectedError)) this.logger.error(messageOf(error));
      void this.reportLater(transport);
    }
  }

  /** As {@link report}, for the setting `require_durable`. @throws NotDurableError */
  async require(transport: EventTransport, timeoutMs: number): Promise<void> {
    const { description } = transport;
    const verdict = await this.connectAndAudit(transport, timeoutMs);
    if (verdict.durable) return;
    const problems = verdict.findings.filter(({ level }) => level === 'problem');
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

  private async connectAndAudit(
    transport: EventTransport,
    timeoutMs: number,
  ): Promise<DurabilityVerdict> {
    try {
      await transport.connect(timeoutMs);
      return await this.audit(transport);
    } catch (error) {
      const reason = messageOf(error);
      throw new NotDurableError(
        `The start is refused, as require_durable is set and ${transport.description} can't be asked ` +
          `whether it keeps events: ${reason}`,
        [reason],
        { cause: error },
      );
    }
  }

  private audit(transport: EventTransport): Promise<DurabilityVerdict> {
    let verdict = this.verdicts.get(transport);
    if (!verdict) {
      this.verdicts.set(transport, (verdict = this.askAndTell(transport)));
      // What failed is asked again by whoever comes next.
      verdict.catch(() => this.verdicts.delete(transport));
    }
    return verdict;
  }

  private async askAndTell(transport: EventTransport): Promise<DurabilityVerdict> {
    const verdict = await transport.audit();
    this.logger[severityOf(verdict)](describeVerdict(transport.description, verdict));
    return verdict;
  }

  private async reportLater(transport: EventTransport): Promise<void> {
    if (this.awaited.has(transport)) return;
    this.awaited.add(transport);
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await transport.connect(ATTEMPT_MS);
        await this.audit(transport);
        return;
      } catch {
        // The transport logs its connection's state; here only the pause matters, and its end.
        await delay(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
