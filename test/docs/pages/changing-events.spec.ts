import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Aggregates, type EventMessage } from 'nestjs-lightbus';
import { startApplication } from '../../e2e/application.js';
import { startRedis } from '../../support/redis-server.js';
import { commandsIn } from '../harness/commands.js';
import { page } from './changing-events.js';

describe('docs/changing-events.md', () => {
  it('lifts an event of version 1 that was put on the stream, and keeps names on the wire', async () => {
    const { OrderPlaced } = await page.load<{ OrderPlaced: Type<object> }>('order-placed.ts');
    const { OrderCancelled } = await page.load<{ OrderCancelled: Type<{ order: string }> }>(
      'order-cancelled.ts',
    );
    const redis = await startRedis();
    const client = redis.client();
    const [words = []] = commandsIn(page.code('sh', 'redis-cli XADD'));
    const [, command = '', ...args] = words;
    await client.call(command, args);

    const orderId = '5f1c2a8e-3b7d-4c6f-9a01-2e4b6d8f0a13';
    const { bus } = await startApplication({
      ...{ url: redis.url, service: 'changing', events: [OrderPlaced, OrderCancelled] },
    });
    await bus.fire(OrderCancelled, { order: orderId });
    const read: EventMessage<object>[] = [];
    for await (const message of bus.history([OrderPlaced, OrderCancelled], { key: orderId })) {
      read.push(message);
    }
    expect(read).toEqual([
      expect.objectContaining({
        ...{ version: 3, storedVersion: 1, sequence: 1 },
        payload: Object.assign(new OrderPlaced(), { orderId, quantity: 2, currency: 'EUR' }),
      }),
      expect.objectContaining({
        ...{ sequence: 2, payload: Object.assign(new OrderCancelled(), { order: orderId }) },
      }),
    ]);
    const [, second] = await client.xrange('store.orders.*:stream', '-', '+');
    expect(second?.[1]).toContain(':orderId');
  });

  it('reads an event under the old name and the new one, and fires the new one only', async () => {
    const { OrderPlaced } = await page.load<{ OrderPlaced: Type<object> }>('order-placed.ts');
    const { Order, OrderWithdrawn } = await page.load<{
      Order: Type<{ status: string }>;
      OrderWithdrawn: Type<object>;
    }>('order.ts');
    const redis = await startRedis();
    const client = redis.client();
    const fields = [
      'id',
      '1',
      'api_name',
      'store.orders',
      'event_name',
      'abandoned',
      'version',
      '1',
    ];
    await client.xadd('store.orders.*:stream', '*', ...fields, ':orderId', '"o1"');
    const { app, bus } = await startApplication({
      ...{ url: redis.url, service: 'renaming', events: [OrderPlaced, OrderWithdrawn] },
    });
    await bus.fire(OrderWithdrawn, { orderId: 'o2' });
    const loaded = await Promise.all(
      ['o1', 'o2', 'o3'].map((orderId) => app.get(Aggregates).load(Order, orderId)),
    );
    expect(loaded.map(({ state, version }) => [state.status, version])).toEqual([
      ['withdrawn', 1],
      ['withdrawn', 1],
      ['new', 0],
    ]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
