import type { Logger } from '@nestjs/common';

/**
 * Tells the log of one Redis's connections together: one line when the first of them is lost, one
 * when the last of them is back, however often each is tried in between. What Redis itself objects
 * to (`WRONGPASS`, `NOAUTH`) is told once more: waiting will not help.
 */
export class ConnectionLog {
  private readonly down = new Set<string>();
  private objection?: string;
  private readonly idle = new Set<string>();
  private hasIdled = false;
  /** Error codes of what Redis has refused of CLIENT. */
  private readonly refusals = new Set<string>();

  /** @param place names the Redis, without its password. */
  constructor(
    private readonly place: string | (() => string),
    private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>,
  ) {}

  /** A connection was lost, or could not be made. */
  lost(role: string, reason: string): void {
    const objection = /^[A-Z]+ /.test(reason) ? reason : undefined;
    const isNews = this.down.size === 0 || (objection && objection !== this.objection);
    // It is no news any more that others had nothing under way.
    this.idle.clear();
    this.down.add(role);
    this.objection = objection ?? this.objection;
    if (!isNews) return;
    this.logger.error(`No connection to Redis at ${this.description}: ${reason}. Reconnecting.`);
  }

  /** A connection was ended while nothing was under way in it: nothing is lost, if it can be made again. */
  idled(role: string): void {
    if (this.down.size === 0) this.idle.add(role);
  }

  /** A connection can be used. No news where it never was lost. */
  ready(role: string): void {
    if (this.idle.delete(role)) this.tellIdle();
    if (!this.down.delete(role) || this.down.size > 0) return;
    this.objection = undefined;
    this.logger.log(`Connected to Redis at ${this.description} again.`);
  }

  /**
   * Redis refuses some of CLIENT. Nothing fails by that, but something is different: told once, whichever
   * connection meets it first.
   *
   * @param what it refuses.
   * @param reason Redis's, with its error code.
   * @param effect what is different, in sentences.
   */
  refused(what: string, reason: string, effect: string): void {
    const [code = reason] = reason.split(' ', 1);
    if (this.refusals.has(code)) return;
    this.refusals.add(code);
    this.logger.warn(
      `Redis at ${this.description} refuses ${what}: ${reason.replace(/\.$/, '')}. ${effect}`,
    );
  }

  private get description(): string {
    return typeof this.place === 'string' ? this.place : this.place();
  }

  private tellIdle(): void {
    if (this.hasIdled) return;
    this.hasIdled = true;
    this.logger.log(
      `Redis at ${this.description} has closed a connection in which nothing was under way: by its setting ` +
        'timeout, by CLIENT KILL, or something between did. It is made again each time, and not told again.',
    );
  }
}
