import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/event-sourcing.md',
  files: {
    'orders.ts': [block('export class Orders ')],
    'order-forms.ts': [block('export class OrderForms')],
    'account.ts': [block('export class Account ')],
    'open-pieces.ts': [block('defineAggregate({')],
    'order-total.ts': [block('snapshotEvery: 100')],
    'expected.ts': [
      `import type { EventBus } from 'nestjs-lightbus';
      import { OrderCancelled, OrderPlaced } from './orders.js';
      export async function fire(bus: EventBus) {`,
      block('{ expectedVersion: 0 }, //'),
      '}',
    ],
  },
});
