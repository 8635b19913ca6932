import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onCores } from './cores.mjs';

const SAMPLE = fileURLToPath(new URL('sample.mjs', import.meta.url));

/** Takes one sample in a new process, on the client's core. @throws Error where the sample failed. */
export async function takeSample(job, { node = process.execPath } = {}) {
  const [command, ...args] = onCores(job.cores?.client, [node, '--expose-gc', SAMPLE]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  let answer;
  child.once('message', (message) => (answer = message));
  child.send(job);
  const [code, signal] = await exited;
  if (answer?.result) return answer.result;
  throw new Error(answer?.error ?? `The sample ended with ${signal ?? code} and no answer.`);
}
