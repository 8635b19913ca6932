import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/coming-from-cqrs.md',
  files: {
    'before.ts': [block('@CommandHandler(CancelOrder)')],
    'order.repository.ts': [
      `import { Order } from './before.js';
      export class OrderRepository {
        private readonly orders = new Map<string, Order>();
        async find(orderId: string): Promise<Order> { return this.orders.get(orderId) ?? new Order(orderId); }
        async save(order: Order): Promise<void> { this.orders.set(order.orderId, order); }
      }`,
    ],
    'after.ts': [block('export class Orders')],
    // As the page's 'what this can't' has it.
    'stream.ts': [
      `import { from } from 'rxjs';
      import type { EventBus } from 'nestjs-lightbus';
      export const stream = (bus: EventBus) =>`,
      "from(bus.history('store.orders.*', { since: 'end', follow: true }))",
    ],
  },
});
