import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import {
  Aggregates,
  EventBus,
  LightbusModule,
  Projections,
  type ProjectionState,
} from 'nestjs-lightbus';
import { startTesting } from '../harness/testing.js';
import { page } from './projections.js';

type Wait = (
  bus: EventBus,
  aggregates: Aggregates,
  projections: Projections,
  orderId: string,
) => Promise<ProjectionState>;

describe('docs/projections.md', () => {
  it('has a list of orders, which waits for what was stored', async () => {
    const { OrderList } = await page.load<{ OrderList: Type<{ list(): string[] }> }>(
      'order-list.ts',
    );
    const { OrderPlaced, OrderCancelled } =
      await page.load<Record<'OrderPlaced' | 'OrderCancelled', Type<object>>>('orders.ts');
    const { wait } = await page.load<{ wait: Wait }>('waiting.ts');
    const { module, recorder, close } = await startTesting({
      imports: [LightbusModule.forFeature([OrderPlaced, OrderCancelled])],
      providers: [OrderList],
    });
    const order = (orderId: string) => Object.assign(new OrderPlaced({}), { orderId, quantity: 1 });
    await recorder.given([order('o1')]);
    const list = module.get(OrderList);
    expect(list.list()).toEqual(['o1']);

    const [bus, aggregates, projections] = [EventBus, Aggregates, Projections].map((type) =>
      module.get<unknown>(type as Type),
    ) as [EventBus, Aggregates, Projections];
    const state = await wait(bus, aggregates, projections, 'o2');
    expect(list.list()).toEqual(['o1']);
    expect(recorder.names()).toEqual(['store.orders.placed', 'store.orders.cancelled']);
    expect(Object.keys(state).sort()).toEqual(['caughtUp', 'failed', 'position']);
    await close();
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
