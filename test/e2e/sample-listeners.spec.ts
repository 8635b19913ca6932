import { beforeEach, describe, expect, it } from '@jest/globals';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { Store } from './sample-store.js';

let redis: RedisServer;

beforeEach(async () => {
  redis = await startRedis();
});

function linesOf(store: Store, context: string): string[] {
  return store.logs.filter((line) => line.startsWith(`[${context}]`));
}

describe('the stock service', () => {
  it('reserves for a placed order and releases for a cancelled one', async () => {
    const store = await Store.start(redis.url);
    await store.place('order-1');
    await store.whenLogged('[Stock] Reserved 2 x teapot, 3 x tea for order order-1');
    await store.post('/orders/order-1/cancel', { reason: 'changed my mind' });
    await store.whenLogged('[Stock] Released what was reserved for order order-1');
  });
});

describe('the notification service', () => {
  it('tells the customer of what happened, in order, and of nothing else', async () => {
    const store = await Store.start(redis.url);
    await store.place('order-1');
    await store.post('/orders/order-1/pay');
    await store.post('/orders/order-1/ship');
    await waitFor(() => linesOf(store, 'Notifications').length === 2);
    expect(linesOf(store, 'Notifications')).toEqual([
      '[Notifications] To ada@example.com: your order order-1 was placed',
      '[Notifications] To ada@example.com: your order order-1 was shipped',
    ]);
  });
});

describe('listeners', () => {
  it('go on after a restart where they were', async () => {
    const first = await Store.start(redis.url);
    await first.place('order-1');
    await first.whenLogged('[Stock] Reserved 2 x teapot, 3 x tea for order order-1');
    await first.whenLogged('[Notifications] To ada@example.com: your order order-1 was placed');
    await first.stop();

    const second = await Store.start(redis.url);
    await second.place('order-2');
    await second.whenLogged('[Stock] Reserved 2 x teapot, 3 x tea for order order-2');
    expect(linesOf(second, 'Stock')).toHaveLength(1);
  });

  it('are consumer groups of the online_store, on one stream', async () => {
    await Store.start(redis.url);
    const groups = (await redis.client().xinfo('GROUPS', 'store.orders.*:stream')) as unknown[][];
    expect(groups.map(([, name]) => name).sort()).toEqual([
      'online_store-notify_customer',
      'online_store-orders_projection',
      'online_store-release_stock',
      'online_store-reserve_stock',
    ]);
  });
});
