import type { BusLogLevel } from '../logger.js';
import { printable } from '../wire/printable.js';

const LEVELS: readonly BusLogLevel[] = ['debug', 'info', 'warning', 'error', 'critical'];

/** Log lines of commands whose standard output is data. */
export class StderrLogger {
  /** @param level the least severe level that is written. Default: `'info'`. */
  constructor(private readonly level: BusLogLevel = 'info') {}

  /** Writes a line, unless it is less severe than asked for. */
  write(level: BusLogLevel, message: string): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    // Whatever a message quotes: a line stays a line.
    console.error(`${level}: ${printable(message)}`);
  }
}
