import { beforeEach, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { orderOf, Store } from './sample-store.js';

interface Entry {
  id: string;
  nativeId: string;
  event: string;
  storedAt: string;
  payload: Record<string, unknown>;
}

let redis: RedisServer;
let store: Store;

beforeEach(async () => {
  redis = await startRedis({ appendonly: true });
  store = await Store.start(redis.url);
});

async function historyOf(orderId: string): Promise<Entry[]> {
  const { status, body } = await store.get<Entry[]>(`/orders/${orderId}/history`);
  expect(status).toBe(200);
  return body;
}

describe('an order', () => {
  it('is placed, paid and shipped', async () => {
    const placed = await store.post('/orders', orderOf('order-1'));
    expect(placed).toEqual({
      status: 201,
      body: { ...orderOf('order-1'), totalCents: 3097, status: 'placed' },
    });
    expect(await store.post('/orders/order-1/pay')).toMatchObject({
      status: 201,
      body: { orderId: 'order-1', status: 'paid' },
    });
    expect(await store.post('/orders/order-1/ship', { carrier: 'pigeon' })).toMatchObject({
      status: 201,
      body: { orderId: 'order-1', status: 'shipped' },
    });
    expect(await store.get('/orders/order-1')).toMatchObject({
      status: 200,
      body: { status: 'shipped', totalCents: 3097 },
    });
  });

  it('gets an id where the client gives none', async () => {
    const { status, body } = await store.post('/orders', orderOf());
    expect(status).toBe(201);
    expect(body.orderId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await historyOf(String(body.orderId))).toHaveLength(1);
  });

  it('tells its history, oldest first, with ids and times', async () => {
    const before = Date.now();
    await store.place('order-1');
    await store.place('order-2');
    await store.post('/orders/order-1/pay');
    await store.post('/orders/order-2/pay');
    await store.post('/orders/order-1/ship', { carrier: 'pigeon' });

    const history = await historyOf('order-1');

    expect(history.map(({ event }) => event)).toEqual([
      'store.orders.placed',
      'store.orders.paid',
      'store.orders.shipped',
    ]);
    expect(history.map(({ payload }) => payload)).toEqual([
      { ...orderOf('order-1'), placedAt: expect.any(String) },
      {
        orderId: 'order-1',
        customer: 'ada@example.com',
        amountCents: 3097,
        paidAt: expect.any(String),
      },
      {
        orderId: 'order-1',
        customer: 'ada@example.com',
        carrier: 'pigeon',
        shippedAt: expect.any(String),
      },
    ]);
    const entries = await redis.client().xrange('store.orders.*:stream', '-', '+');
    const stored = entries.filter(([, fields]) => fields.includes('"order-1"'));
    expect(history.map(({ nativeId }) => nativeId)).toEqual(stored.map(([id]) => id));
    expect(history.map(({ id }) => id)).toEqual(
      stored.map(([, fields]) => fields[fields.indexOf('id') + 1]),
    );
    for (const { storedAt, nativeId } of history) {
      expect(Date.parse(storedAt)).toBe(Number(nativeId.split('-')[0]));
      expect(Date.parse(storedAt)).toBeGreaterThanOrEqual(before);
    }
  });
});

describe('a command is refused', () => {
  it('with 404 for an unknown order', async () => {
    for (const command of ['pay', 'ship', 'cancel']) {
      expect(await store.post(`/orders/nowhere/${command}`, {})).toMatchObject({ status: 404 });
    }
    expect(await store.get('/orders/nowhere')).toMatchObject({
      status: 404,
      body: { message: "There is no order 'nowhere'." },
    });
    expect(await store.get('/orders/nowhere/history')).toMatchObject({ status: 404 });
  });

  it('with 409 when the order is not in the state for it, and nothing is stored', async () => {
    await store.place('order-1');
    expect(await store.post('/orders/order-1/ship')).toMatchObject({
      status: 409,
      body: { message: "Can't ship order 'order-1': it is placed." },
    });
    await store.post('/orders/order-1/pay');
    expect(await store.post('/orders/order-1/pay')).toMatchObject({ status: 409 });
    await store.post('/orders/order-1/cancel', { reason: 'too late' });
    for (const command of ['pay', 'ship', 'cancel']) {
      expect(await store.post(`/orders/order-1/${command}`)).toMatchObject({ status: 409 });
    }
    expect(await store.post('/orders', orderOf('order-1'))).toMatchObject({ status: 409 });
    expect((await historyOf('order-1')).map(({ event }) => event)).toEqual([
      'store.orders.placed',
      'store.orders.paid',
      'store.orders.cancelled',
    ]);
  });

  it('with 400 and the properties that are wrong', async () => {
    const lines = [{ sku: 'teapot', quantity: 0, priceCents: 1250 }];
    const { status, body } = await store.post('/orders', { customer: 'nobody', lines, more: 1 });
    expect(status).toBe(400);
    expect(body.message).toEqual({
      customer: ['customer must be an email'],
      'lines.0.quantity': ['quantity must not be less than 1'],
      more: ['property more should not exist'],
    });
    expect(await store.post('/orders')).toMatchObject({ status: 400 });
    expect(await redis.client().xlen('store.orders.*:stream')).toBe(0);
  });

  it('with 400 where its total could be no exact number', async () => {
    const most = { sku: 'teapot', quantity: 10_000, priceCents: 10_000_000 };
    for (const { lines, wrong } of [
      { lines: [{ ...most, quantity: 1e300 }], wrong: 'lines.0.quantity' },
      { lines: [{ ...most, priceCents: 2 ** 53 }], wrong: 'lines.0.priceCents' },
      { lines: Array.from({ length: 1_001 }, () => most), wrong: 'lines' },
    ]) {
      const { status, body } = await store.post('/orders', { ...orderOf('order-1'), lines });
      expect(status).toBe(400);
      expect(Object.keys(body.message as object)).toEqual([wrong]);
    }
    const lines = Array.from({ length: 1_000 }, () => most);
    const { body } = await store.post('/orders', { ...orderOf('order-1'), lines });
    expect(body.totalCents).toBe(1e14);
    expect(await store.post('/orders/order-1/pay')).toMatchObject({ status: 201 });
  });

  it('with 503 while Redis is down, and is taken again when it is back', async () => {
    await store.place('order-1');
    await store.whenListed('order-1', 'placed');
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

describe('commands on one order at the same time', () => {
  it('do not both succeed', async () => {
    await store.place('order-1');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => store.post('/orders/order-1/pay')),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(await historyOf('order-1')).toHaveLength(2);
  });

  it('place it once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => store.post('/orders', orderOf('one'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });
});
