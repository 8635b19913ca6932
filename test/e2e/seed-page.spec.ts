import { copyFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { CliProcess, directoryWith } from './cli-process.js';

const SEED = resolve('test/fixtures/captured/seed-lightbus.yaml');
const STREAM = 'store.orders.*:stream';
const GROUPS = ['release_stock', 'reserve_stock', 'send_mail'].map(
  (listener) => `example_service-${listener}`,
);

/** The built sample application, with the page's configuration in the place of its own. */
function copySample(url: string): string {
  const dir = directoryWith();
  cpSync('sample-app/dist', join(dir, 'dist'), { recursive: true });
  copyFileSync('sample-app/package.json', join(dir, 'package.json'));
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
  const seed = readFileSync(SEED, 'utf8');
  expect(seed).toContain('redis://redis_host:6379/0');
  writeFileSync(join(dir, 'lightbus.yaml'), seed.replaceAll('redis://redis_host:6379/0', url));
  return dir;
}

describe("the page 'How to use Lightbus for event sourcing', followed in the sample application", () => {
  let server: RedisServer;
  let redis: Redis;
  let cwd: string;

  beforeAll(async () => {
    server = await startRedis({ appendonly: true });
    redis = server.client();
    cwd = copySample(server.url);
  });

  afterEach(() => redis.flushall());

  /** Types a line of the page. */
  async function type(line: string): Promise<CliProcess> {
    const [, ...args] = line.split(' ');
    const env = { REDIS_URL: undefined, EVENT_TRANSPORT: undefined };
    const worker = new CliProcess(args, { cwd, env });
    await worker.whenPrinted('Running AppModule');
    return worker;
  }

  async function order(orderId: string): Promise<void> {
    const names = ['api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];
    const payload = [
      ...[':orderId', `"${orderId}"`, ':customer', '"ada@example.com"'],
      ...[':lines', '[{"sku": "teapot", "quantity": 2, "priceCents": 1250}]'],
      ...[':placedAt', '"2024-05-01T00:00:00+00:00"'],
    ];
    await redis.xadd(STREAM, '*', 'id', orderId, ...names, ...payload);
  }

  /** Waits until every listener has been given all, and has acknowledged it. */
  async function whenAcknowledged(): Promise<void> {
    const fact = async () => {
      const last = (await redis.xrevrange(STREAM, '+', '-', 'COUNT', 1))[0]?.[0];
      const groups = (await redis.xinfo('GROUPS', STREAM)) as unknown[][];
      const facts = groups.map((flat) => ({
        name: flat[flat.indexOf('name') + 1],
        pending: flat[flat.indexOf('pending') + 1],
        last: flat[flat.indexOf('last-delivered-id') + 1],
      }));
      expect(facts.map(({ name }) => name)).toEqual(GROUPS);
      return facts.every((group) => group.pending === 0 && group.last === last);
    };
    await waitFor(fact, { message: 'every listener to acknowledge the order' });
  }

  async function consumersOf(group: string): Promise<unknown[]> {
    const consumers = (await redis.xinfo('CONSUMERS', STREAM, group)) as unknown[][];
    return consumers.map((flat) => flat[flat.indexOf('name') + 1]);
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'runs a single worker, which handles an order; %s ends it with 0',
    async (signal) => {
      const worker = await type(
        'lightbus run --service-name=example_service --process-name=worker',
      );
      await order('order-1');
      await whenAcknowledged();
      for (const group of GROUPS) expect(await consumersOf(group)).toEqual(['worker']);
      const { code, stdout, stderr } = await worker.end(signal);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('ERROR') });
      expect(stdout).toContain('Reserved 2 x teapot for order order-1');
      expect(stdout).toContain('To ada@example.com: Your order order-1 was placed');
    },
    60_000,
  );

  it('runs three workers, which handle each order once; ending them ends with 0', async () => {
    const workers = await Promise.all([
      type('lightbus run --service-name=example_service --process-name=worker1'),
      type('lightbus run --service-name=example_service --process-name=worker2'),
      type('lightbus run --service-name=example_service --process-name=worker3'),
    ]);
    const orders = Array.from({ length: 20 }, (_, n) => `order-${n}`);
    for (const orderId of orders) await order(orderId);
    await whenAcknowledged();
    for (const group of GROUPS) {
      expect((await consumersOf(group)).toSorted()).toEqual(['worker1', 'worker2', 'worker3']);
    }
    const [interrupted, ...others] = workers;
    const results = await Promise.all([
      interrupted.end('SIGINT'),
      ...others.map((worker) => worker.end('SIGTERM')),
    ]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    const output = results.map(({ stdout }) => stdout).join('');
    const reserved = [...output.matchAll(/Reserved .* for order (\S+)/g)].map(([, id]) => id);
    expect(reserved.toSorted()).toEqual(orders.toSorted());
  }, 60_000);
});
