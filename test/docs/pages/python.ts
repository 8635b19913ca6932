import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/python.md',
  files: { 'orders.ts': [block('export class Orders')] },
});
