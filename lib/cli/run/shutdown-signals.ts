import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * The signals that end a worker: the first one asks it to finish, a second one ends the process at
 * once, with 130 (SIGINT) or 143 (SIGTERM), as a shell reports it.
 */
export class ShutdownSignals {
  /** Resolves to the first signal. */
  readonly first: Promise<NodeJS.Signals>;
  /** Whether there was one. */
  received = false;

  /** Listens from now on, so that a signal during a slow start is not lost. */
  constructor() {
    this.first = new Promise((resolve) => {
      for (const signal of SIGNALS) {
        process.on(signal, () => {
          if (this.received) process.exit(128 + constants.signals[signal]);
          this.received = true;
          resolve(signal);
        });
      }
    });
  }
}
