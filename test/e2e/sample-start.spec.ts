import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';
import { freePort, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { FakeSystem } from './fake-system.js';
import { isRunning, StartScript } from './start-script.js';

let dir: string;
let env: Record<string, string>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-store-'));
  owned().addDirectory(dir);
  env = {
    STORE_DATA_DIR: dir,
    PORT: String(await freePort()),
    // Not the usual one, where anybody may come.
    STORE_REDIS_PORT: String(await freePort()),
  };
});

async function json(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  return response.json();
}

describe('the start script', () => {
  it('recovers from having been killed', async () => {
    const first = await new StartScript(env).started();
    for (const { url, init } of first.commands) await json(url, init);
    const { redisPid: redis = 0, workerPid } = first;
    expect([redis, workerPid].map(isRunning)).toEqual([true, true]);
    await first.end('SIGKILL');
    // Both processes notice, drain and go; Redis stays with the data until the next start.
    await waitFor(() => !isRunning(workerPid), { message: 'the worker to end' });
    await expect(fetch(first.url)).rejects.toThrow('fetch failed');
    expect(isRunning(redis)).toBe(true);

    const second = await new StartScript(env).started();
    expect(second.output).toContain(`Stopping the Redis (process ${redis})`);
    expect(isRunning(redis)).toBe(false);
    expect(await json(`${second.url}/orders`)).toHaveLength(1);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('refuses to run twice on the same events', async () => {
    const first = await new StartScript(env).started();
    const second = new StartScript(env);
    expect(await second.whenEnded()).toBe(1);
    expect(second.output).toContain(`Stop it first: kill ${first.pid}`);
    expect(await json(`${first.url}/orders`)).toEqual([]);
  }, 60_000);

  it('uses the Redis of REDIS_URL and leaves it running', async () => {
    const redis = await startRedis();
    const store = await new StartScript({ ...env, REDIS_URL: redis.url }).started();
    // A password would be masked.
    expect(store.output).toContain(`127.0.0.1:${redis.port}/0`);
    for (const { url, init } of store.commands) await json(url, init);
    expect(await redis.client().xlen('store.orders.*:stream')).toBe(2);
    // The worker needs longer for its end than the other process, whose end must not cut it short.
    await redis.client().call('CLIENT', 'PAUSE', '1000', 'WRITE');
    expect(await store.end('SIGTERM')).toBe(0);
    expect(isRunning(redis.pid)).toBe(true);
  }, 60_000);

  it('takes the next free port', async () => {
    const taken = createServer().listen(0);
    owned().onEnd(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const redis = await startRedis();
    const store = new StartScript({ ...env, REDIS_URL: redis.url, PORT: String(port) });
    await store.started();
    expect(Number(new URL(store.url).port)).toBeGreaterThan(port);
    expect(await json(`${store.url}/orders`)).toEqual([]);
  }, 60_000);

  it('installs redis-server where it is missing', async () => {
    const system = new FakeSystem(dir);
    system.addAptGet();
    system.addSudo({ isPermitted: true });
    const store = await new StartScript({ ...env, PATH: system.path }).started();
    expect(store.output).toContain('redis-server is not on the PATH: installing it with apt-get');
    expect(system.calls).toContainEqual(
      expect.stringMatching(/^apt-get .*install .*redis-server$/),
    );
    expect(store.output).toMatch(/Events are kept in redis:.*, append-only file in /);
    expect(isRunning(store.redisPid ?? 0)).toBe(true);
    expect(await store.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('runs in memory, and says what that means, where no Redis can be had', async () => {
    const system = new FakeSystem(dir);
    system.addAptGet('echo "E: Unable to locate package redis-server"; exit 100');
    system.addSudo({ isPermitted: true });
    const store = await new StartScript({ ...env, PATH: system.path }).started();
    expect(store.output).toContain('DIE WITH IT');
    expect(store.output).toMatch(/apt-get could not install it:\s+E: Unable to locate package/);
    expect(store.output).toContain('sudo apt-get install redis-server');
    const answers: unknown[] = [];
    for (const { url, init } of store.commands) answers.push(await json(url, init));
    expect(answers[2]).toHaveLength(2);
    expect(await store.end('SIGTERM')).toBe(0);
  }, 60_000);
});
