import { Injectable, Logger, type LogLevel } from '@nestjs/common';

/** Lightbus setting `bus.log_level`. */
export type BusLogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

const SHOWN: Readonly<Record<BusLogLevel, ReadonlySet<LogLevel>>> = {
  debug: new Set(['verbose', 'debug', 'log', 'warn', 'error', 'fatal']),
  info: new Set(['log', 'warn', 'error', 'fatal']),
  warning: new Set(['warn', 'error', 'fatal']),
  error: new Set(['error', 'fatal']),
  critical: new Set(['fatal']),
};

/** Nest's logger, context `Lightbus`, silent below the Lightbus setting `bus.log_level`. */
@Injectable()
export class LightbusLogger extends Logger {
  private readonly shown: ReadonlySet<LogLevel>;

  /** @param level the lowest level that is logged. */
  constructor(level: BusLogLevel) {
    super('Lightbus');
    this.shown = SHOWN[level];
  }

  override verbose(message: unknown): void {
    if (this.shown.has('verbose')) super.verbose(message);
  }

  override debug(message: unknown): void {
    if (this.shown.has('debug')) super.debug(message);
  }

  override log(message: unknown): void {
    if (this.shown.has('log')) super.log(message);
  }

  override warn(message: unknown): void {
    if (this.shown.has('warn')) super.warn(message);
  }

  override error(message: unknown, stack?: string): void {
    if (!this.shown.has('error')) return;
    if (stack) super.error(message, stack);
    else super.error(message);
  }

  override fatal(message: unknown): void {
    if (this.shown.has('fatal')) super.fatal(message);
  }
}
