import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/headers.md',
  files: {
    'order-placed.ts': [
      `import { IsUUID } from 'class-validator';
      import { Event } from 'nestjs-lightbus';
      @Event('store.orders.placed')
      export class OrderPlaced { @IsUUID() orderId!: string; }`,
    ],
    'checkout.ts': [block('export class Checkout')],
  },
});
