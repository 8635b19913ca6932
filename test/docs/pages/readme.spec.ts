import { describe, expect, it } from '@jest/globals';
import { CliProcess } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { commandsIn, unknownPackages } from '../harness/commands.js';
import { page } from './readme.js';

describe('README', () => {
  it('has a first event of about thirty lines, which is stored and handled, and ends with SIGTERM', async () => {
    expect(page.files().get('first/app.module.ts')?.trim().split('\n').length).toBeLessThan(33);

    // It is for the Redis on the default port. Tests have their own.
    const redis = await startRedis();
    const app = await page.program();
    const config = { apis: { default: { event_transport: { redis: { url: redis.url } } } } };
    await app.write('lightbus.json', JSON.stringify(config));
    const running = new CliProcess([], {
      program: [process.execPath, 'first/main.js'],
      cwd: app.dir,
      env: { LIGHTBUS_CONFIG: `${app.dir}/lightbus.json` },
    });
    await running.whenPrinted('Reserving 2 for 0b6f5c1e-');
    await running.end('SIGTERM');
    const client = redis.client();
    expect(await client.xlen('store.orders.*:stream')).toBe(1);
    const [pending] = await client.xpending('store.orders.*:stream', 'store-reserve_stock');
    expect(pending).toBe(0);
  });

  it('installs what there is, and has no other code', () => {
    expect(page.codesBelow('Try it', 'sh')).toEqual([
      'npm ci && npm start\n',
      'npm ci && npm test\n',
    ]);
    const [install = []] = commandsIn(page.code('sh', 'npm install'));
    expect(unknownPackages(install)).toEqual([]);
    expect(page.untaken()).toEqual([]);
  });
});
