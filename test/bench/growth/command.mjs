import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const MEMORY = fileURLToPath(new URL('peak-memory.mjs', import.meta.url));

/**
 * Runs a command of the built package.
 *
 * @param options.onlyFirst reads what it prints first and no more, as `head -1` does.
 * @returns what it printed; how long that took, s; the peak of its memory, MB.
 */
export async function runCommand(url, args, { onlyFirst = false } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-bench-'));
  const config = join(dir, 'lightbus.json');
  const apis = { default: { event_transport: { redis: { url } } } };
  writeFileSync(config, JSON.stringify({ apis }));
  const command = [`--import=${MEMORY}`, 'lib/cli/lightbus.js', ...args, `--config=${config}`];
  const began = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  const memory = textOf(child.stdio[3]);
  let output = '';
  let time;
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += text;
    time = (performance.now() - began) / 1_000;
    if (onlyFirst) break; // which closes the pipe
  }
  const peak = Number(await memory);
  await exited;
  rmSync(dir, { recursive: true });
  if (output === '') throw new Error(`'${args.join(' ')}' printed nothing.`);
  return { output, time, memory: peak };
}

async function textOf(stream) {
  let all = '';
  for await (const text of stream.setEncoding('utf8')) all += text;
  return all;
}
