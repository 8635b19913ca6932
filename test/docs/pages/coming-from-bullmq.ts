import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/coming-from-bullmq.md',
  files: {
    'before.ts': [block("@Processor('orders')")],
    'orders.ts': [block("@Event('store.orders.placed')")],
    'reminders.ts': [block('export class Reminders')],
  },
});
