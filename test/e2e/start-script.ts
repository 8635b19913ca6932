import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outsideEnvironment } from '../support/outside-environment.js';
import { owned } from '../support/owned.js';
import { waitFor } from '../support/wait-for.js';

/** Whether a process runs; one that has ended and only waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}

/** How to start the store. */
export interface StartCommand {
  /** Directory of the repository, or of a copy of it. Default: this one. */
  readonly dir?: string;
  /** Default: the start script, without npm and without the build. */
  readonly command?: readonly [string, ...string[]];
}

const SCRIPT_ALONE = [process.execPath, 'sample-app/scripts/start.mjs', '--no-build'] as const;

/** `npm start`, or a part of it, in a process of its own. */
export class StartScript {
  output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly dataDir: string;

  /** @param env laid over this process's own; `undefined` removes a variable. */
  constructor(
    env: Record<string, string | undefined>,
    { dir = process.cwd(), command = SCRIPT_ALONE }: StartCommand = {},
  ) {
    const [file, ...args] = command;
    this.dataDir = env.STORE_DATA_DIR ?? join(dir, 'sample-app/.redis');
    this.child = spawn(file, args, {
      cwd: dir,
      env: { ...outsideEnvironment(), REDIS_URL: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not its exit: its output closes when all that it started and that writes there has ended, too.
    this.ended = once(this.child, 'close');
    const { pid } = this.child;
    if (pid !== undefined) {
      // Should this run of the tests be interrupted: what it has started notices that it is gone.
      owned().addProcess(pid);
      this.child.once('exit', () => owned().removeProcess(pid));
    }
    const collect = (chunk: Buffer): void => void (this.output += chunk.toString());
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    owned().onEnd(async () => {
      await this.end('SIGTERM');
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until it has told how to try the store. @param timeoutMs default 30 s. */
  async started(timeoutMs = 30_000): Promise<this> {
    const said = () => this.output.includes('Ctrl-C stops it.') || this.child.exitCode !== null;
    await waitFor(said, { timeoutMs, message: 'the start script to tell its URL' });
    if (this.child.exitCode !== null) throw new Error(`It ended:\n${this.output}`);
    // Its Redis does not.
    if (this.redisPid !== undefined) owned().addProcess(this.redisPid);
    return this;
  }

  /** Id of the Redis that it has started, if it has. */
  get redisPid(): number | undefined {
    const state = join(this.dataDir, 'server.json');
    if (!existsSync(state)) return undefined;
    return (JSON.parse(readFileSync(state, 'utf8')) as { pid: number }).pid;
  }

  /** The printed commands, as `fetch` would be called for them. */
  get commands(): { url: string; init: RequestInit }[] {
    const curl = /^ {2}curl(?: -X (\w+))? (\S+)(?: -H '([^:]+): ([^']+)')?(?: -d '([^']+)')?$/gm;
    return [...this.output.matchAll(curl)].map(([, method, url = '', name, value, body]) => ({
      url,
      init: { method, body, headers: name && value ? { [name]: value } : {} },
    }));
  }

  /** Id of the worker's process, from what was printed. */
  get workerPid(): number {
    return Number(/The worker is process (\d+)\./.exec(this.output)?.[1]);
  }

  /** Address of the store, from what was printed. */
  get url(): string {
    return /The store is running: (http\S+)\/orders/.exec(this.output)?.[1] ?? '';
  }

  /** Resolves to the exit code when it and its application have ended; `null` after a signal. */
  async whenEnded(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  /** Sends signals, without a pause between them, and waits for the end. */
  async end(...signals: NodeJS.Signals[]): Promise<number | null> {
    const { redisPid } = this;
    for (const signal of signals) this.child.kill(signal);
    const code = await this.whenEnded();
    if (redisPid !== undefined && !isRunning(redisPid)) owned().removeProcess(redisPid);
    return code;
  }
}
