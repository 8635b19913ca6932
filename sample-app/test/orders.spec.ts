import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Aggregates, ConcurrencyError } from 'nestjs-lightbus';
import { eventOf } from '../src/event-of.js';
import { OrderCancelled, OrderPaid } from '../src/orders/order.events.js';
import type { HistoryEntry } from '../src/orders/orders.controller.js';
import { OrderList } from '../src/orders/order-list.js';
import { OrdersService } from '../src/orders/orders.service.js';
import { orderOf, placed, TestStore } from './test-store.js';

let store: TestStore;

beforeEach(async () => {
  store = await TestStore.start();
});

afterEach(() => store.stop());

async function historyOf(orderId: string): Promise<HistoryEntry[]> {
  const { status, body } = await store.get<HistoryEntry[]>(`/orders/${orderId}/history`);
  expect(status).toBe(200);
  return body;
}

describe('an order', () => {
  it('is placed, paid and shipped', async () => {
    expect(await store.post('/orders', orderOf('tea-1'))).toEqual({
      status: 201,
      body: { ...orderOf('tea-1'), currency: 'EUR', totalCents: 3097, status: 'placed' },
    });
    expect(await store.post('/orders/tea-1/pay')).toMatchObject({
      status: 201,
      body: { orderId: 'tea-1', status: 'paid' },
    });
    expect(await store.post('/orders/tea-1/ship', { carrier: 'pigeon' })).toMatchObject({
      status: 201,
      body: { status: 'shipped' },
    });
    expect(await store.get('/orders/tea-1')).toMatchObject({
      status: 200,
      body: { status: 'shipped', totalCents: 3097 },
    });
    store.recorder.assertFired(OrderPaid, { times: 1, payload: { amountCents: 3097 } });
  });

  it('gets an id where the client gives none', async () => {
    const { status, body } = await store.post('/orders', orderOf());
    expect(status).toBe(201);
    expect(body.orderId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await historyOf(String(body.orderId))).toHaveLength(1);
  });

  it('tells its own history, numbered, and no other', async () => {
    for (const id of ['tea-1', 'tea-2']) await store.post('/orders', orderOf(id));
    for (const id of ['tea-1', 'tea-2']) await store.post(`/orders/${id}/pay`);
    await store.post('/orders/tea-1/ship', { carrier: 'pigeon' });
    const history = await historyOf('tea-1');
    expect(history.map(({ sequence, event }) => [sequence, event])).toEqual([
      [1, 'store.orders.placed'],
      [2, 'store.orders.paid'],
      [3, 'store.orders.shipped'],
    ]);
    expect(history[0]).toMatchObject({ version: 2, storedVersion: 2, payload: orderOf('tea-1') });
    expect(history[2]?.payload).toMatchObject({ orderId: 'tea-1', carrier: 'pigeon' });
  });
});

describe('a command is refused', () => {
  it('with 404 for an unknown order', async () => {
    for (const command of ['pay', 'ship', 'cancel']) {
      expect(await store.post(`/orders/nowhere/${command}`)).toMatchObject({ status: 404 });
    }
    expect(await store.get('/orders/nowhere')).toMatchObject({
      status: 404,
      body: { message: "There is no order 'nowhere'." },
    });
    expect(await store.get('/orders/nowhere/history')).toMatchObject({ status: 404 });
  });

  it('with 409 by the order, and nothing is stored', async () => {
    await store.post('/orders', orderOf('tea-1'));
    expect(await store.post('/orders/tea-1/ship')).toMatchObject({
      status: 409,
      body: { message: "Can't ship order 'tea-1': it is placed." },
    });
    expect(await store.post('/orders', orderOf('tea-1'))).toMatchObject({ status: 409 });
    expect(await historyOf('tea-1')).toHaveLength(1);
  });

  it('with 409 where others were faster, again and again', async () => {
    const facts = { key: 'tea-1', expected: 1, actual: 2 };
    jest
      .spyOn(store.app.get(Aggregates), 'change')
      .mockRejectedValueOnce(new ConcurrencyError('Somebody else has changed it.', facts));
    expect(await store.post('/orders', orderOf('tea-1'))).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('Nothing was stored') },
    });
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
});

describe('commands at the same time', () => {
  it('pay an order once', async () => {
    await store.post('/orders', orderOf('tea-1'));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => store.post('/orders/tea-1/pay')),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    store.recorder.assertFired(OrderPaid, { times: 1 });
  });

  it('place an order once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => store.post('/orders', orderOf('one'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });
});

describe('the list of orders', () => {
  it('has what a command did when that is answered', async () => {
    const orders = store.app.get(OrdersService);
    const list = store.app.get(OrderList);
    await orders.place(placed('tea-1'), 'tea-1');
    expect(list.all()).toMatchObject([{ orderId: 'tea-1', status: 'placed', currency: 'EUR' }]);
    await orders.change('tea-1', (order) => order.cancel('too late'));
    expect(list.all()).toMatchObject([{ status: 'cancelled', totalCents: 3097 }]);
    expect((await store.get<unknown>('/orders')).body).toMatchObject([{ status: 'cancelled' }]);
  });

  it('has all of the past from the first request on', async () => {
    const { orderId, customer } = placed('tea-1');
    const cancelled = eventOf(OrderCancelled, { orderId, customer, cancelledAt: new Date() });
    const later = await TestStore.start([placed('tea-1'), placed('tea-2'), cancelled]);
    expect((await later.get('/orders')).body).toEqual([
      expect.objectContaining({ orderId: 'tea-1', status: 'cancelled' }),
      expect.objectContaining({ orderId: 'tea-2', status: 'placed' }),
    ]);
    expect(await later.post('/orders/tea-1/pay')).toMatchObject({ status: 409 });
    await later.stop();
  });
});
