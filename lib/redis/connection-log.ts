import type { Logger } from '@nestjs/common';

/**
 * Tells the log of one Redis's connections together: one line when the first of them is lost, one
 * when the last of them is back, however often each is tried in between. What Redis itself objects
 * to (`WRONGPASS`, `NOAUTH`) is told once more: waiting will not help.
 */
export class ConnectionLog {
  private readonly down = new Set<string>();
  private objection?: string;

  /** @param description names the Redis, without its password. */
  constructor(
    private readonly description: string,
    private readonly logger: Pick<Logger, 'log' | 'error'>,
  ) {}

  /** A connection was lost, or could not be made. */
  lost(role: string, reason: string): void {
    const objection = /^[A-Z]+ /.test(reason) ? reason : undefined;
    const isNews = this.down.size === 0 || (objection && objection !== this.objection);
    this.down.add(role);
    this.objection = objection ?? this.objection;
    if (!isNews) return;
    this.logger.error(`No connection to Redis at ${this.description}: ${reason}. Reconnecting.`);
  }

  /** A connection can be used. No news where it never was lost. */
  ready(role: string): void {
    if (!this.down.delete(role) || this.down.size > 0) return;
    this.objection = undefined;
    this.logger.log(`Connected to Redis at ${this.description} again.`);
  }
}
