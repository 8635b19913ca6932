import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { EventMessage } from 'nestjs-lightbus';
import { EventBus, LightbusModule } from 'nestjs-lightbus';
import { startTesting, type Testing } from '../harness/testing.js';
import { page } from './history.js';

interface Reading {
  readAll(bus: EventBus): Promise<void>;
  readTwo(bus: EventBus, count: (quantity: number) => void): Promise<void>;
  readOne(bus: EventBus, orderId: string): Promise<void>;
  follow(bus: EventBus, lastSeen: string, signal: AbortSignal): Promise<string>;
}
interface Events {
  readonly OrderPlaced: Type<object>;
  readonly OrderCancelled: Type<object>;
}

describe('docs/history.md', () => {
  let reading: Reading;
  let testing: Testing;
  let bus: EventBus;
  let stored: EventMessage<object>[];
  const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  beforeAll(async () => {
    reading = await page.load('read.ts');
    const { OrderPlaced, OrderCancelled } = await page.load<Events>('orders.ts');
    testing = await startTesting({
      imports: [LightbusModule.forFeature([OrderPlaced, OrderCancelled])],
    });
    bus = testing.module.get(EventBus);
    stored = await bus.fireAll([
      Object.assign(new OrderPlaced({}), { orderId: 'o1', quantity: 2 }),
      Object.assign(new OrderPlaced({}), { orderId: 'o2', quantity: 3 }),
      Object.assign(new OrderCancelled({}), { orderId: 'o1', reason: 'late' }),
    ]);
    printed.mockClear();
  });
  afterAll(async () => {
    printed.mockRestore();
    await testing.close();
  });

  it('reads events of an API, of classes, and of one entity', async () => {
    await reading.readAll(bus);
    const names = printed.mock.calls.map(([, name]) => name as unknown);
    expect(names).toEqual(['store.orders.placed', 'store.orders.placed', 'store.orders.cancelled']);

    const counted: number[] = [];
    await reading.readTwo(bus, (quantity) => counted.push(quantity));
    expect(counted).toEqual([2, 3]);

    printed.mockClear();
    await reading.readOne(bus, 'o1');
    expect(printed.mock.calls).toEqual([
      [1, 'store.orders.placed'],
      [2, 'store.orders.cancelled'],
    ]);
    const told = page.code('ts', '{ key: orderId }');
    for (const [sequence, name] of printed.mock.calls) {
      expect(told).toContain(`${String(sequence)} ${String(name)}`);
    }
  });

  it('goes on after what was seen, until its signal', async () => {
    const ending = new AbortController();
    const following = reading.follow(bus, stored[0]?.nativeId ?? '', ending.signal);
    ending.abort(new Error('that is enough'));
    await expect(following).rejects.toThrow('that is enough');
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
