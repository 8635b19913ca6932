import { constants } from 'node:os';
import { isStartedByNpm } from '../../config/sources/environment.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How often to look whether npm is still there, ms. */
const NPM_WATCH_MS = 500;

/**
 * The signals that end a worker: the first one asks it to finish, a second one ends the process at
 * once, with 130 (SIGINT) or 143 (SIGTERM), as a shell reports it.
 *
 * npm passes a SIGTERM on to its shell alone, which dies of it and leaves the worker behind: under
 * npx or an npm script the end of that shell asks to finish, too. It never counts as the second
 * signal, as Ctrl-C reaches the shell and the worker.
 */
export class ShutdownSignals {
  /** Resolves to what asked first, in words: the signal's name, or that npm has ended. */
  readonly first: Promise<string>;
  /** Whether there was one. */
  received = false;

  /** Listens from now on, so that a signal during a slow start is not lost. */
  constructor() {
    this.first = new Promise((resolve) => {
      const receive = (what: string) => {
        this.received = true;
        resolve(what);
      };
      for (const signal of SIGNALS) {
        process.on(signal, () => {
          if (this.received) process.exit(128 + constants.signals[signal]);
          receive(signal);
        });
      }
      if (isStartedByNpm()) whenOrphaned(() => receive('npm has ended'));
    });
  }
}

function whenOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, NPM_WATCH_MS);
  watch.unref();
}
