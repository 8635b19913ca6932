import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { orderOf, Store } from './sample-store.js';

// What its own tests (sample-app/test) can't show without a Redis, and without strangers on it.

const STREAM = 'store.orders.*:stream';

interface Listed {
  orderId: string;
  status: string;
  totalCents: number;
}

let redis: RedisServer;
let client: Redis;

beforeEach(async () => {
  redis = await startRedis({ appendonly: true });
  client = redis.client();
});

async function listOf(store: Store): Promise<Listed[]> {
  const { body } = await store.get<Listed[]>('/orders');
  return body;
}

/** Appends an event as another Lightbus process would, with nothing of the library. */
async function append(event: string, payload: object): Promise<string> {
  const parameters = Object.entries(payload).flatMap(([name, value]) => [
    `:${name}`,
    JSON.stringify(value),
  ]);
  const fields = ['id', crypto.randomUUID(), 'api_name', 'store.orders', 'event_name', event];
  return (await client.xadd(STREAM, '*', ...fields, 'version', '1', ...parameters)) ?? '';
}

async function appendPlaced(orderId: string): Promise<string> {
  return append('placed', { ...orderOf(orderId), placedAt: '2030-01-02T03:04:05Z' });
}

async function appendPaid(orderId: string): Promise<string> {
  const paid = { orderId, customer: 'ada@example.com', amountCents: 3097 };
  return append('paid', { ...paid, paidAt: '2030-01-02T03:04:06Z' });
}

/** What the list must be: the last event of each order, read with raw commands. */
async function foldOfHistory(): Promise<Listed[]> {
  const orders = new Map<string, Listed>();
  for (const [, fields] of await client.xrange(STREAM, '-', '+')) {
    const value = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    const orderId = JSON.parse(value(':orderId')) as string;
    orders.set(orderId, { orderId, status: value('event_name'), totalCents: 3097 });
  }
  return [...orders.values()];
}

describe('the list of orders', () => {
  it('is complete from the first answer on, then follows what strangers store', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, i) => appendPlaced(`order-${i}`)));
    await Promise.all(Array.from({ length: 150 }, (_, i) => appendPaid(`order-${i}`)));

    const store = await Store.start(redis.url);
    const list = await listOf(store);
    expect(list).toEqual((await foldOfHistory()).map((order) => expect.objectContaining(order)));
    expect(list.filter(({ status }) => status === 'paid')).toHaveLength(150);

    await appendPlaced('foreign');
    await store.whenListed('foreign', 'placed');
    await appendPaid('foreign');
    await store.whenListed('foreign', 'paid');
    expect(await store.post('/orders/foreign/pay')).toMatchObject({ status: 409 });
    expect(await store.get('/orders/foreign/history')).toMatchObject({
      body: [
        { sequence: 1, version: 2, storedVersion: 1, payload: { currency: 'EUR' } },
        { sequence: 2, version: 1, storedVersion: 1 },
      ],
    });
  });

  it('and the history survive an integer that JavaScript would round', async () => {
    const store = await Store.start(redis.url);
    await appendPlaced('foreign');
    const paid = ['id', 'p', 'api_name', 'store.orders', 'event_name', 'paid', 'version', '1'];
    const parameters = {
      ':orderId': '"foreign"',
      ':customer': '"ada@example.com"',
      ':amountCents': '3097',
      ':paidAt': '"2030-01-02T03:04:06Z"',
      ':reference': '9007199254740993',
    };
    await client.xadd(STREAM, '*', ...paid, ...Object.entries(parameters).flat());

    await store.whenListed('foreign', 'paid');
    const { status, body } = await store.get<unknown[]>('/orders/foreign/history');
    expect(status).toBe(200);
    expect(body[1]).toMatchObject({ payload: { reference: '9007199254740993' } });
  });

  it('is not stopped by entries that the store does not understand', async () => {
    await client.xadd(STREAM, '*', '', '');
    await append('placed', { orderId: 'no-lines', customer: 'ada@example.com' });
    await append('gift_wrapped', { orderId: 'order-1' });
    await appendPaid('never-placed');
    await appendPlaced('order-1');

    const store = await Store.start(redis.url);
    expect(await listOf(store)).toEqual([
      expect.objectContaining({ orderId: 'no-lines', totalCents: 0 }),
      expect.objectContaining({ orderId: 'order-1' }),
    ]);
    expect(await store.post('/orders/order-1/pay')).toMatchObject({ status: 201 });
  });
});

describe('while Redis is down', () => {
  it('a command is refused with 503, and taken again when it is back; the list is there', async () => {
    const store = await Store.start(redis.url);
    await store.place('order-1');
    await redis.kill();

    // Each takes event_fire_timeout, in which Redis may come back; the list is in memory.
    const answers = await Promise.all([
      store.post('/orders/order-1/pay'),
      store.get('/orders/order-1'),
      store.get('/orders'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200]);

    await redis.restart();
    expect(await store.post('/orders/order-1/pay')).toMatchObject({ status: 201 });
    await store.whenListed('order-1', 'paid');
  }, 60_000);
});
