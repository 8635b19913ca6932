import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../sample-app/scripts/free-port.mjs';
import { onCores } from './cores.mjs';
import { provideRedisServer } from '../../sample-app/scripts/install-redis.mjs';

/**
 * A `redis-server` of our own that writes nothing to disk: that would hide what clients cost.
 *
 * @param options.server folder of the `redis-server` to start; without one, that of the PATH.
 * @param options.conf further settings of redis.conf by name.
 * @param options.cores those that it may use; without them, all.
 */
export async function startRedis({ server, conf = {}, cores } = {}) {
  const problem = server ? undefined : provideRedisServer();
  if (problem) throw new Error(`A redis-server is needed. There is none, and ${problem}.`);
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-bench-'));
  const port = await freePort(0, '127.0.0.1');
  const settings = { port, save: '', appendonly: 'no', dir, ...conf };
  const [command, ...args] = onCores(cores, [
    server ? join(server, 'redis-server') : 'redis-server',
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  const child = spawn(command, args, { stdio: 'ignore' });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', end);
  await once(child, 'spawn');
  const url = `redis://127.0.0.1:${port}/0`;
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // It is not there at once.
  client.on('error', () => undefined);
  await client.ping();
  return {
    url,
    client,
    pid: child.pid,
    async stop() {
      client.disconnect();
      process.off('exit', end);
      end();
      await once(child, 'exit');
    },
  };
}

/** A server for one sample after the other. */
export async function sharedRedis(options) {
  const redis = await startRedis(options);
  return {
    stop: () => redis.stop(),
    async emptied() {
      await redis.client.flushall();
      return { url: redis.url, stop: () => Promise.resolve() };
    },
  };
}

/** Name and version of a server: `Valkey 8.1.1`. */
export async function serverName(client) {
  const info = await client.info('server');
  const of = (name) => new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1].trim();
  const valkey = of('valkey_version');
  return valkey ? `Valkey ${valkey}` : `Redis ${of('redis_version')}`;
}
