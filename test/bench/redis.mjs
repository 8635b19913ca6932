import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../sample-app/scripts/free-port.mjs';
import { provideRedisServer } from '../../sample-app/scripts/install-redis.mjs';

/** A `redis-server` of our own that writes nothing to disk: that would hide what clients cost. */
export async function startRedis() {
  const problem = provideRedisServer();
  if (problem) throw new Error(`A redis-server is needed. There is none, and ${problem}.`);
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-bench-'));
  const port = await freePort(0, '127.0.0.1');
  const settings = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', dir];
  const child = spawn('redis-server', settings, { stdio: 'ignore' });
  await once(child, 'spawn');
  const url = `redis://127.0.0.1:${port}/0`;
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // It is not there at once.
  client.on('error', () => undefined);
  await client.ping();
  return {
    url,
    client,
    async stop() {
      client.disconnect();
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dir, { recursive: true });
    },
  };
}
