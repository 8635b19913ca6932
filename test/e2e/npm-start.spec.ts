import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startRedis } from '../support/redis-server.js';
import { copyRepository } from './repository-copy.js';
import { isRunning, StartScript } from './start-script.js';

// It builds the library and the store.
const BUILD_MS = 120_000;

let dir: string;

beforeAll(() => {
  dir = copyRepository();
});

async function npmStart(env: Record<string, string> = {}): Promise<StartScript> {
  const ports = { PORT: String(await freePort()), STORE_REDIS_PORT: String(await freePort()) };
  const store = new StartScript({ ...ports, ...env }, { dir, command: ['npm', 'start'] });
  return store.started(BUILD_MS);
}

/** Where the library has been built, `npm start` takes it from now on, and builds the store alone. */
function keepLibrary(): void {
  if (!existsSync(join(dir, 'dist'))) return;
  const path = join(dir, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { scripts: Record<string, string> };
  manifest.scripts.build = 'node --version';
  writeFileSync(path, JSON.stringify(manifest));
}

async function tryCommands(store: StartScript): Promise<number[]> {
  const statuses: number[] = [];
  for (const { url, init } of store.commands) statuses.push((await fetch(url, init)).status);
  return statuses;
}

describe('npm start in a new clone', () => {
  it('builds and runs the store on a Redis of its own; SIGINT to npm ends all of it', async () => {
    const store = await npmStart();
    expect(store.output).toContain(`append-only file in ${dir}/sample-app/.redis`);
    expect(await tryCommands(store)).toEqual([201, 201, 200]);
    const redis = store.redisPid ?? 0;
    expect(isRunning(redis)).toBe(true);

    await store.end('SIGINT');
    expect(isRunning(redis)).toBe(false);
    await expect(fetch(store.url)).rejects.toThrow('fetch failed');
  }, 180_000);

  it('runs on the Redis of REDIS_URL and leaves it running; SIGTERM to npm ends the rest', async () => {
    // The build costs more than all the rest.
    keepLibrary();
    const redis = await startRedis();
    const store = await npmStart({ REDIS_URL: redis.url });
    expect(store.output).toContain(`the Redis in REDIS_URL`);
    expect(await tryCommands(store)).toEqual([201, 201, 200]);
    expect(store.redisPid).toBeUndefined();

    await store.end('SIGTERM');
    await expect(fetch(store.url)).rejects.toThrow('fetch failed');
    expect(await redis.client().xlen('store.orders.*:stream')).toBe(2);
  }, 180_000);
});
