import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { orderOf, Store } from './sample-store.js';

const STREAM = 'store.orders.*:stream';
const STATUS: Record<string, string> = {
  placed: 'placed',
  paid: 'paid',
  shipped: 'shipped',
  cancelled: 'cancelled',
};

interface Listed {
  orderId: string;
  status: string;
  totalCents: number;
}

let redis: RedisServer;
let client: Redis;

beforeEach(async () => {
  redis = await startRedis();
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
    const status = STATUS[value('event_name')] ?? 'unknown';
    orders.set(orderId, { orderId, status, totalCents: 3097 });
  }
  return [...orders.values()];
}

async function groupsAreThrough(): Promise<boolean> {
  const groups = (await client.xinfo('GROUPS', STREAM)) as unknown[][];
  const of = (group: unknown[], key: string): unknown => group[group.indexOf(key) + 1];
  return groups.length === 4 && groups.every((g) => of(g, 'lag') === 0 && of(g, 'pending') === 0);
}

describe('GET /orders', () => {
  it('equals a fold of history', async () => {
    const store = await Store.start(redis.url);
    await Promise.all(Array.from({ length: 30 }, (_, i) => store.place(`order-${i}`)));
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => store.post(`/orders/order-${i}/pay`)),
      ...Array.from({ length: 5 }, (_, i) => store.post(`/orders/order-${i + 25}/cancel`)),
    ]);
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => store.post(`/orders/order-${i}/ship`, {})),
    );
    await waitFor(groupsAreThrough, {
      timeoutMs: 30_000,
      message: 'all listeners to be through',
    });

    const expected = await foldOfHistory();
    expect(expected).toHaveLength(30);
    expect(await listOf(store)).toEqual(expected.map((order) => expect.objectContaining(order)));
  }, 60_000);

  it('is complete from the first answer after a start', async () => {
    const first = await Store.start(redis.url);
    await first.place('before');
    await first.whenListed('before', 'placed');
    await first.stop();
    await Promise.all(Array.from({ length: 300 }, (_, i) => appendPlaced(`meanwhile-${i}`)));
    await Promise.all(Array.from({ length: 150 }, (_, i) => appendPaid(`meanwhile-${i}`)));
    await appendPaid('before');

    const second = await Store.start(redis.url);
    const list = await listOf(second);

    expect(list).toEqual((await foldOfHistory()).map((order) => expect.objectContaining(order)));
    expect(list.filter(({ status }) => status === 'paid')).toHaveLength(151);
    // What the consumer group delivers now is in the list already, and changes nothing.
    await waitFor(groupsAreThrough, {
      timeoutMs: 30_000,
      message: 'the groups to have caught up',
    });
    expect(await listOf(second)).toEqual(list);
  }, 60_000);

  it('follows events that other processes append', async () => {
    const store = await Store.start(redis.url);
    await appendPlaced('foreign');
    await store.whenListed('foreign', 'placed');
    await appendPaid('foreign');
    await store.whenListed('foreign', 'paid');
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
});

describe('a restart', () => {
  it('keeps every order, and commands go on from its state', async () => {
    const first = await Store.start(redis.url);
    await first.place('order-1');
    await first.post('/orders/order-1/pay');
    await first.stop();

    const second = await Store.start(redis.url);
    expect(await second.get('/orders/order-1')).toMatchObject({ body: { status: 'paid' } });
    expect(await second.post('/orders/order-1/pay')).toMatchObject({ status: 409 });
    expect(await second.post('/orders/order-1/ship')).toMatchObject({ status: 201 });
  });

  it('is not stopped by entries that the store does not understand', async () => {
    await client.xadd(STREAM, '*', '', '');
    await append('placed', { orderId: 'no-lines', customer: 'ada@example.com' });
    const unknown = await append('gift_wrapped', { orderId: 'order-1' });
    await appendPaid('never-placed');
    await appendPlaced('order-1');

    const store = await Store.start(redis.url);
    expect(await listOf(store)).toEqual([expect.objectContaining({ orderId: 'order-1' })]);
    expect(store.logs).toContainEqual(expect.stringContaining(`Left out: entry ${unknown} of`));
    expect(await store.post('/orders/order-1/pay')).toMatchObject({ status: 201 });
  });
});
