import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/changing-events.md',
  files: {
    'order-placed.ts': [block('upcasters: {')],
    'order.ts': [block('export class OrderWithdrawn')],
    'order-cancelled.ts': [block("@Expose({ name: 'orderId' })")],
  },
});
