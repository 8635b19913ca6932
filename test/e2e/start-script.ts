import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** `npm start` without npm and without the build, in a process of its own. */
export class StartScript {
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  /** @param env laid over this process's own; `undefined` removes a variable. */
  constructor(private readonly env: Record<string, string | undefined>) {
    this.child = spawn(process.execPath, ['sample-app/scripts/start.mjs', '--no-build'], {
      env: { ...process.env, NODE_OPTIONS: undefined, REDIS_URL: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit');
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

  /** Waits until it has told how to try the store. */
  async started(): Promise<this> {
    const said = () => this.output.includes('Ctrl-C stops it.') || this.child.exitCode !== null;
    await waitFor(said, { timeoutMs: 30_000, message: 'the start script to tell its URL' });
    if (this.child.exitCode !== null) throw new Error(`It ended:\n${this.output}`);
    // Should this run of the tests be interrupted, nobody tells the script, and it is all there is.
    if (this.redisPid !== undefined) owned().addProcess(this.redisPid);
    return this;
  }

  /** Id of the Redis that it has started, if it has. */
  get redisPid(): number | undefined {
    const state = join(this.env.STORE_DATA_DIR ?? '', 'server.json');
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

  /** Address of the store, from what was printed. */
  get url(): string {
    return /The store is running: (http\S+)\/orders/.exec(this.output)?.[1] ?? '';
  }

  /** Resolves to the exit code when it has ended by itself; `null` where a signal ended it. */
  async whenEnded(): Promise<number | null> {
    await this.exited;
    return this.child.exitCode;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { redisPid } = this;
    this.child.kill(signal);
    const code = await this.whenEnded();
    if (redisPid !== undefined && !isRunning(redisPid)) owned().removeProcess(redisPid);
    return code;
  }
}
