import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CliProcess } from '../e2e/cli-process.js';
import { NewApplication } from '../package/new-application.js';
import { startRedis } from '../support/redis-server.js';
import { readmeBlocks } from './code-blocks.js';

describe("README's first event", () => {
  it('has about thirty lines, compiles as strict code, is stored and handled, and ends with SIGTERM', async () => {
    const [application = '', main = '', ...others] = readmeBlocks('## A first event', 'ts');
    expect(others).toEqual([]);
    expect(application.trim().split('\n').length).toBeLessThanOrEqual(32);

    const app = await NewApplication.linked();
    await app.write('app.module.ts', application);
    await app.write('main.ts', main);
    await app.compile('nodenext');

    // It is for the Redis on the default port. Tests have their own.
    const redis = await startRedis();
    const config = { apis: { default: { event_transport: { redis: { url: redis.url } } } } };
    await app.write('lightbus.json', JSON.stringify(config));
    const running = new CliProcess([], {
      program: [process.execPath, 'main.js'],
      cwd: app.dir,
      env: { LIGHTBUS_CONFIG: join(app.dir, 'lightbus.json') },
    });
    await running.whenPrinted('Reserving 2 for 0b6f5c1e-');
    await running.end('SIGTERM');
    const client = redis.client();
    expect(await client.xlen('store.orders.*:stream')).toBe(1);
    const [pending] = await client.xpending('store.orders.*:stream', 'store-reserve_stock');
    expect(pending).toBe(0);
  }, 60_000);
});
