import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { owned } from '../support/owned.js';
import { waitFor } from '../support/wait-for.js';

/** The file behind the command. */
export const LAUNCHER = fileURLToPath(new URL('../../lib/cli/lightbus.js', import.meta.url));

/** How to start a {@link CliProcess}. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
  /** Another way to start it: a program and its first arguments. */
  readonly program?: readonly [string, ...string[]];
}

/** How a {@link CliProcess} ended, and all that it wrote. */
export interface CliResult {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `lightbus` command in a process of its own, on the built library. Killed after the test file. */
export class CliProcess {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { env, cwd, node = [], program }: CliOptions = {}) {
    const [file, ...first] = program ?? [process.execPath, ...node, LAUNCHER];
    this.child = spawn(file, [...first, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', LIGHTBUS_CONFIG: undefined, ...env },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.result = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    owned().onEnd(async () => {
      this.child.kill('SIGKILL');
      await this.result;
    });
  }

  /** Waits for a text on standard output. */
  async whenPrinted(text: string): Promise<void> {
    await waitFor(() => this.stdout.includes(text) || this.child.exitCode !== null, {
      timeoutMs: 20_000,
      message: `'${text}' on standard output`,
    });
    if (!this.stdout.includes(text)) {
      throw new Error(
        `The command ended without printing '${text}':\n${this.stdout}${this.stderr}`,
      );
    }
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<CliResult> {
    this.child.kill(signal);
    return this.result;
  }
}

/** Runs a command to its end. */
export function lightbus(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return new CliProcess(args, options).result;
}

/** A temporary directory with these files, deleted after the test file. */
export function directoryWith(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-cli-'));
  owned().addDirectory(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** The path of a configuration file that names this Redis, and nothing else. */
export function configFor(url: string): string {
  const redis = { redis: { url } };
  const config = {
    bus: { schema: { transport: redis } },
    apis: { default: { event_transport: redis } },
  };
  return join(directoryWith({ 'lightbus.json': JSON.stringify(config) }), 'lightbus.json');
}
