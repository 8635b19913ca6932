import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { EventMessage } from 'nestjs-lightbus';
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

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
