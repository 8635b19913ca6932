import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { owned } from '../support/owned.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { readFacts } from './facts.js';

/** How a process is started. */
export interface ProcessSettings {
  /** File beside this one. */
  readonly script: string;
  /** Service's process name. */
  readonly name: string;
  /** Its own way to Redis; closed when it ends. */
  readonly network: TcpProxy;
  /** File that the process appends its facts to, one JSON value a line. */
  readonly facts: string;
  /** File for what it logs. */
  readonly output: string;
  /** Handed to the script as JSON, in the environment variable CHAOS. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A process of the run. Another incarnation takes its place, under its name or another one. */
export class ChaosProcess {
  readonly pid: number;
  private readonly exit: Promise<[number | null, NodeJS.Signals | null]>;
  private readonly child: ChildProcess;
  private ending = false;

  /** @param onUnexpectedEnd told where the process ends without having been told to. */
  constructor(
    readonly settings: ProcessSettings,
    private readonly onUnexpectedEnd: (message: string) => void,
  ) {
    const { script, name, facts, output, settings: given } = settings;
    const log = openSync(output, 'a');
    this.child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        ...process.env,
        ...{ CHAOS: JSON.stringify({ ...given, name, facts }), NODE_OPTIONS: '', NO_COLOR: '1' },
      },
    });
    closeSync(log);
    const { pid } = this.child;
    if (pid === undefined) throw new Error(`${script} could not be started.`);
    this.pid = pid;
    owned().addProcess(pid);
    this.exit = once(this.child, 'exit') as typeof this.exit;
    void this.exit.then(([code, signal]) => {
      owned().removeProcess(pid);
      void this.network.close();
      if (!this.ending) {
        onUnexpectedEnd(`Process ${pid} ('${name}') ended by itself: ${signal ?? `code ${code}`}.`);
      }
    });
  }

  get network(): TcpProxy {
    return this.settings.network;
  }

  /** Resolves once the application has started. */
  async whenReady(): Promise<void> {
    await waitFor(
      () => readFacts(this.settings.facts).some(({ ready }) => ready === this.pid) || this.ending,
      { timeoutMs: 30_000, message: `process ${this.pid} ('${this.settings.name}') to start` },
    );
  }

  /** Sets its wall clock so far ahead, or back. */
  setClock(shiftMs: number): void {
    this.tell({ shiftMs });
  }

  /** From now on its handlers take so long. */
  makeBusy(handlerMs: number): void {
    this.tell({ handlerMs });
  }

  /** Nothing where it is just being killed or stopped by another fault: it ends all the same. */
  private tell(message: Readonly<Record<string, number>>): void {
    if (!this.child.connected) return;
    this.child.send(message, (error) => {
      if (error && !this.ending) this.onUnexpectedEnd(`Process ${this.pid}: ${error.message}`);
    });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Kills it and waits for the end. */
  async kill(): Promise<void> {
    this.ending = true;
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** Asks it to end and waits for that. @returns false where it had to be killed after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<boolean> {
    this.ending = true;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    const [, signal] = await this.exit;
    clearTimeout(timer);
    return signal !== 'SIGKILL';
  }
}
