import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/events.md',
  files: {
    'order-packed.ts': [block('export class OrderPacked')],
    'shipping.ts': [block('export class Shipping')],
  },
});
