import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { serverName, startRedis } from './redis.mjs';

/** On what is measured: machine, versions, and whether server and client have a core each. */
export async function environmentOf({ server, node, cores }) {
  const redis = await startRedis({ server });
  const name = await serverName(redis.client);
  await redis.stop();
  return {
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    pinned: cores !== undefined,
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1),
    server: name,
    ioredis: versionOf('ioredis'),
    bullmq: versionOf('bullmq'),
  };
}

/** The same for people. */
export function inWords({ processor, cores, pinned, node, server, ioredis, bullmq }) {
  const binding = pinned
    ? 'server and client bound to a core each'
    : 'server and client not bound to cores (that needs taskset, and two cores)';
  return `${server}, Node.js ${node}, ioredis ${ioredis}, BullMQ ${bullmq}; ${processor}, ${cores} cores, ${binding}`;
}

function versionOf(name) {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
