import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CliProcess } from '../../e2e/cli-process.js';
import { freePort, startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn, runLightbus, unknownPackages } from '../harness/commands.js';
import { page } from './readme.js';

const README_REDIS = 'redis://127.0.0.1:6379';
const STREAM = 'store.orders.*:stream';
const node = (script: string) => [process.execPath, script] as const;

// README's test is a test of this file.
await page.load('whole/order.spec.ts');

/** Sends a request as soon as somebody listens there. */
async function post(url: string): Promise<Record<string, unknown>> {
  const answer = await waitFor(() => fetch(url, { method: 'POST' }).catch(() => undefined), {
    timeoutMs: 20_000,
  });
  return (await answer?.json()) as Record<string, unknown>;
}

describe('README', () => {
  it('begins with installing what there is, and a Redis that keeps events', async () => {
    const [install = [], redis = []] = commandsIn(page.code('sh', 'npm install'));
    expect(unknownPackages(install)).toEqual([]);
    // As that container's own entry point, on the Redis that is here.
    const args = redis.slice(redis.indexOf('redis-server') + 1);
    const client = (await startRedis({ args })).client();
    expect(redis.slice(0, 2)).toEqual(['docker', 'run']);
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  });

  it('has a first event of about forty lines, which is stored and handled; SIGTERM ends it', async () => {
    const redis = await startRedis();
    const app = await page.program();
    const module = await readFile(join(app.dir, 'app.module.js'), 'utf8');
    expect(module).toContain(README_REDIS);
    await app.write('app.module.js', module.replace(README_REDIS, redis.url));
    const [, curl = []] = commandsIn(page.code('sh', 'curl'));
    expect(curl).toEqual(expect.arrayContaining(['-X', 'POST']));
    const port = await freePort();

    const running = new CliProcess([], {
      ...{ program: node('main.js'), cwd: app.dir },
      env: { PORT: String(port) },
    });
    const answer = await post(curl.at(-1)?.replace('3000', String(port)) ?? '');

    await running.whenPrinted(`Reserving 2 for ${String(answer.orderId)}`);
    await running.end('SIGTERM');
    const client = redis.client();
    const [entry, ...others] = await client.xrange(STREAM, '-', '+');
    expect([entry?.[0], others]).toEqual([answer.storedAs, []]);
    expect(await client.xpending(STREAM, 'store-reserve_stock')).toEqual([0, null, null, null]);
  }, 60_000);

  it('has an API beside a worker, whose handler fails until the bank is open', async () => {
    // Both are parts of the application of this test.
    for (const part of ["listenerName: 'charge'", 'features: []']) page.code('ts', part);
    const redis = await startRedis();
    const app = await page.program();
    await app.write('beside/lightbus.yaml', page.code('yaml'));
    const port = await freePort();
    const options = {
      cwd: join(app.dir, 'beside'),
      env: { LIGHTBUS_REDIS_URL: redis.url, PORT: String(port) },
    };
    const [build = [], [, script = ''] = [], [, , ...run] = [], status = []] = commandsIn(
      page.code('sh', 'node dist/main.js'),
    );
    expect(build).toEqual(['npm', 'run', 'build']);

    const api = new CliProcess([], { program: node(script), ...options });
    const worker = new CliProcess(run, options);
    const { orderId } = await post(`http://127.0.0.1:${port}/orders`);
    const client = redis.client();
    const letters = `lightbus:dead_letters:{${STREAM}}:store-charge`;
    await waitFor(async () => (await client.xlen(letters)) === 1, { timeoutMs: 20_000 });
    await expect(worker.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
    const [list = [], redrive = []] = commandsIn(page.code('sh', 'deadletters'));
    const [listed, overview] = await Promise.all(
      [list, status].map((words) => runLightbus(words, options)),
    );
    expect(listed?.stdout).toContain('The bank is closed.');
    expect(overview?.stdout).toContain('store-charge');

    const [, environment = ''] = /`(\w+=\w+) npm run start`/.exec(page.text) ?? [];
    const open = Object.fromEntries([environment.split('=')]) as Record<string, string>;
    const next = new CliProcess(run, { ...options, env: { ...options.env, ...open } });
    const redriven = await runLightbus(redrive, options);
    expect(redriven).toMatchObject({ code: 0, stdout: 'redriven: 1\n' });
    await next.whenPrinted(`Charged for ${String(orderId)}`);
    expect(api.stdout).not.toMatch(/Charged|Reserving/);
    await expect(next.end('SIGTERM')).resolves.toMatchObject({ code: 0 });
    await api.end('SIGTERM');
  }, 60_000);

  // Its own commands, npm start and npm test, are tested in test/e2e/npm-start.spec.ts and .ci/run.
  it('has no other code but its two commands', () => {
    for (const command of ['npm start', 'npm test']) {
      expect(page.code('sh', `npm ci && ${command}`)).toBe(`npm ci && ${command}\n`);
    }
    expect(page.untaken()).toEqual([]);
  });
});
