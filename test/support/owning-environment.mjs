import { rmSync } from 'node:fs';
import { TestEnvironment } from 'jest-environment-node';
import './compile-cache.mjs';
import { endAsyncStorages } from './async-storages.mjs';

/**
 * Jest's Node environment, which also ends what a test file has started: after the file's last
 * hook, whether it passed or failed, and when the process ends or is interrupted.
 *
 * It has to live outside the sandbox: `process.on('exit')` inside one is never called by Node.
 * `owned.ts` is its other half.
 */
export default class OwningEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.owned = new Owned();
    this.global[Symbol.for('nestjs-lightbus.test.owned')] = this.owned;
  }

  // Not in teardown alone: by then Jest has taken modules away from the sandbox, and an application
  // that imports something while it closes would wait for ever.
  async handleTestEvent(event) {
    if (event.name === 'run_finish') await this.owned.end();
  }

  async teardown() {
    try {
      await this.owned.end();
    } finally {
      await super.teardown();
      endAsyncStorages();
    }
  }
}

/** Everything that one test file has started. */
class Owned {
  static #all = new Set();
  #ends = [];
  #pids = new Set();
  #dirs = new Set();

  constructor() {
    Owned.#all.add(this);
  }

  /** Calls `end` after the file's last hook; the last one first. */
  onEnd(end) {
    this.#ends.push(end);
  }

  /** A child process that must not outlive this file. */
  addProcess(pid) {
    this.#pids.add(pid);
  }

  /** The child has exited: its id may soon belong to somebody else. */
  removeProcess(pid) {
    this.#pids.delete(pid);
  }

  /** A directory to delete at the end. */
  addDirectory(dir) {
    this.#dirs.add(dir);
  }

  async end() {
    const errors = [];
    while (this.#ends.length > 0) {
      try {
        await inTime(this.#ends.pop());
      } catch (error) {
        errors.push(error);
      }
    }
    this.endNow();
    Owned.#all.delete(this);
    if (errors.length === 0) return;
    // Jest prints the message alone.
    const reasons = errors.map((error) => error?.stack ?? String(error)).join('\n');
    throw new AggregateError(errors, `could not end what the tests started:\n${reasons}`);
  }

  endNow() {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    this.#pids.clear();
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    this.#dirs.clear();
  }

  static endAllNow() {
    for (const owned of Owned.#all) owned.endNow();
  }
}

const END_TIMEOUT_MS = 30_000;

async function inTime(end) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`not ended within ${END_TIMEOUT_MS} ms: ${end}`);
    timer = setTimeout(() => reject(error), END_TIMEOUT_MS);
  });
  try {
    await Promise.race([end(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// A worker of Jest. Listening to 'disconnect' would tell it too, but keep the worker alive.
function endWithParent() {
  const watch = () => {
    if (!process.connected) process.exit(1);
  };
  setInterval(watch, 500).unref();
}

process.on('exit', () => Owned.endAllNow());
if (process.channel) endWithParent();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    Owned.endAllNow();
    process.kill(process.pid, signal);
  });
}
