import type { FactoryProvider } from '@nestjs/common';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import { LightbusLogger } from '../logger.js';

/** How many lines are remembered. */
const MOST = 100;

/**
 * The bus's logger, which remembers what went wrong: Nest's logger in tests shows errors alone, and a handler that is tried
 * again is warned of.
 */
export class FailureLog extends LightbusLogger {
  private readonly lines: string[] = [];

  /** The newest warning or error about each of these listeners; only of those that there is one about. */
  lastOf(listeners: readonly string[]): string[] {
    const newest = listeners.map((name) =>
      this.lines.findLast((line) => line.includes(`listener '${name}'`)),
    );
    return [...new Set(newest.filter((line) => line !== undefined))];
  }

  override warn(message: string): void {
    this.remember(message);
    super.warn(message);
  }

  override error(message: string, stack?: string): void {
    this.remember(message);
    super.error(message, stack);
  }

  override fatal(message: string, stack?: string): void {
    this.remember(message);
    super.fatal(message, stack);
  }

  private remember(line: string): void {
    this.lines.push(line);
    if (this.lines.length > MOST) this.lines.shift();
  }
}

/** Puts a {@link FailureLog} in the place of the bus's logger. */
export const FAILURE_LOG: FactoryProvider<FailureLog> = {
  provide: LightbusLogger,
  useFactory: ({ bus, warnings }: ResolvedConfig) => {
    const log = new FailureLog(bus.log_level);
    warnings.forEach((warning) => log.warn(warning));
    return log;
  },
  inject: [RESOLVED_CONFIG],
};
