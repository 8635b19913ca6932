import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { BusLogLevel } from '../../logger.js';
import { hasColours } from '../colour.js';

// Nest logs the level that is named and everything more severe.
const NEST_LEVELS: Readonly<Record<BusLogLevel, LogLevel>> = {
  debug: 'verbose',
  info: 'log',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
};

/** Nest's logger for a worker: colours only on a terminal, and no stack of what the command reports. */
export class WorkerLogger extends ConsoleLogger {
  /** @param level `--log-level`; everything if it is not given. */
  constructor(level: BusLogLevel | undefined) {
    super({
      logLevels: level && [NEST_LEVELS[level]],
      colors: hasColours(),
    });
  }

  override error(message: unknown, ...rest: unknown[]): void {
    // Nest logs what stops the start, stack and all, and throws it to us: once is enough.
    if (rest.at(-1) === 'ExceptionHandler') return;
    super.error(message, ...rest);
  }
}
