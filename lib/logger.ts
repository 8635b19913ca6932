import { Console } from 'node:console';
import { Injectable, Logger, type LoggerService, type LogLevel } from '@nestjs/common';
import { printable } from './wire/printable.js';

/** Lightbus setting `bus.log_level`. */
export type BusLogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

const SHOWN: Readonly<Record<BusLogLevel, ReadonlySet<LogLevel>>> = {
  debug: new Set(['verbose', 'debug', 'log', 'warn', 'error', 'fatal']),
  info: new Set(['log', 'warn', 'error', 'fatal']),
  warning: new Set(['warn', 'error', 'fatal']),
  error: new Set(['error', 'fatal']),
  critical: new Set(['fatal']),
};

/** How much of a line that could not be logged, and of the reason, is written to stderr, in characters. */
const LONGEST = 2_000;

/** Does not mind where nobody reads it. */
const STDERR = new Console({ stdout: process.stderr, ignoreErrors: true });

/**
 * Nest's logger, context `Lightbus`, silent below the Lightbus setting `bus.log_level`.
 *
 * What is logged may quote strangers, so it is made printable here, whoever logs it: a message is one line,
 * and each line of a stack is indented. The logger behind this one is the application's: whatever it does, no
 * call throws or leaves a rejected promise. What it could not log is written to stderr, with the reason.
 */
@Injectable()
export class LightbusLogger extends Logger {
  private readonly shown: ReadonlySet<LogLevel>;

  /** @param level the lowest level that is logged. */
  constructor(level: BusLogLevel) {
    super('Lightbus');
    this.shown = SHOWN[level];
  }

  /** The application's logger. Nest asks for it at each line, those included that it had kept until then. */
  override get localInstance(): LoggerService {
    return {
      debug: (...line) => this.pass('debug', line),
      verbose: (...line) => this.pass('verbose', line),
      log: (...line) => this.pass('log', line),
      warn: (...line) => this.pass('warn', line),
      error: (...line) => this.pass('error', line),
      fatal: (...line) => this.pass('fatal', line),
    };
  }

  override verbose(message: string): void {
    if (this.shown.has('verbose')) super.verbose(printable(message));
  }

  override debug(message: string): void {
    if (this.shown.has('debug')) super.debug(printable(message));
  }

  override log(message: string): void {
    if (this.shown.has('log')) super.log(printable(message));
  }

  override warn(message: string): void {
    if (this.shown.has('warn')) super.warn(printable(message));
  }

  override error(message: string, stack?: string): void {
    if (!this.shown.has('error')) return;
    if (stack) super.error(printable(message), indented(stack));
    else super.error(printable(message));
  }

  override fatal(message: string, stack?: string): void {
    if (!this.shown.has('fatal')) return;
    // Nest takes a second argument of `fatal` for another message.
    super.fatal(stack ? `${printable(message)}\n${indented(stack)}` : printable(message));
  }

  private pass(level: LogLevel, line: readonly unknown[]): void {
    const failed = (error: unknown) => writeToStderr(level, line, error);
    try {
      // Nest's own may be missing, where logging is off.
      const logger = super.localInstance as LoggerService | undefined;
      const isLacking = level === 'fatal' && !logger?.fatal;
      const outcome: unknown = logger?.[isLacking ? 'error' : level]?.(...(line as [unknown]));
      // Nest drops what a logger returns, and a promise that rejects would end the process.
      void Promise.resolve(outcome).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** A stack, each line of which is indented, so that none looks like a line of the log. */
function indented(stack: string): string {
  const lines = stack.split(/\r?\n/).map(printable);
  return lines.map((line) => (line.startsWith('    ') ? line : `    ${line}`)).join('\n');
}

function writeToStderr(
  level: LogLevel,
  [message, ...rest]: readonly unknown[],
  why: unknown,
): void {
  const stack = rest.find((one) => typeof one === 'string' && one.startsWith('    '));
  STDERR.error(
    `[Lightbus] ${level.toUpperCase()} ${bounded(message)} ` +
      `(the application's logger failed: ${printable(bounded(why))})${stack ? `\n${bounded(stack)}` : ''}`,
  );
}

/** Never throws: loggers may throw anything. */
function bounded(value: unknown): string {
  try {
    const text = String(value);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return `what can't be shown (${typeof value})`;
  }
}
