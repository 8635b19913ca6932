import { block, Page } from '../harness/page.js';
import { page as eventSourcing } from './event-sourcing.js';

export const page = new Page({
  path: 'docs/projections.md',
  files: {
    'orders.ts': [eventSourcing.code('ts', 'export class Orders ')],
    'order-list.ts': [block('export class OrderList')],
    'waiting.ts': [
      `import type { Aggregates, EventBus, Projections } from 'nestjs-lightbus';
      import { OrderList } from './order-list.js';
      import { Order, OrderPlaced } from './orders.js';
      export async function wait(bus: EventBus, aggregates: Aggregates, projections: Projections, orderId: string) {
        const decide = (order: Order) => order.cancel(orderId, 'late');`,
      block('projections.waitFor(OrderList, message)'),
      'return projections.state(OrderList); }',
    ],
  },
});
