import { describe, expect, it } from '@jest/globals';
import { NewApplication } from '../package/new-application.js';
import { startRedis } from '../support/redis-server.js';
import { readmeCode } from './code-blocks.js';

const ORDER_ID = '0b6f5c1e-8f2a-4c7e-9d3b-5a1e2f3c4d5e';

const RUN = `
  import 'reflect-metadata';
  import { NestFactory } from '@nestjs/core';
  import { AppModule, Checkout } from './main.js';

  const handled = new Promise((resolve) => {
    console.log = (text) => resolve(text);
  });
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  await app.get(Checkout).place('${ORDER_ID}', 2);
  process.stdout.write(await handled);
  await app.close();
`;

describe("README's first event", () => {
  it('has about thirty lines, compiles as strict code, is stored and handled', async () => {
    const code = readmeCode('## A first event', 'ts');
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(32);

    const app = await NewApplication.linked();
    await app.write('main.ts', code);
    await app.compile('nodenext');

    // It is for the Redis on the default port. Tests have their own.
    const redis = await startRedis();
    const config = { apis: { default: { event_transport: { redis: { url: redis.url } } } } };
    await app.write('lightbus.json', JSON.stringify(config));
    await app.write('run.js', RUN);
    const { stdout } = await app.node(['run.js'], { LIGHTBUS_CONFIG: 'lightbus.json' });
    expect(stdout).toBe(`Reserving 2 for ${ORDER_ID}`);
    expect(await redis.client().xlen('store.orders.*:stream')).toBe(1);
  }, 60_000);
});
