import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/firing.md',
  files: {
    'order-placed.ts': [
      `import { IsInt, IsString, Min } from 'class-validator';
      import { Event, type EventPayload } from 'nestjs-lightbus';
      @Event('store.orders.placed')
      export class OrderPlaced {
        @IsString() orderId!: string;
        @IsInt() @Min(1) quantity!: number;
        constructor(event: EventPayload<OrderPlaced>) { Object.assign(this, event); }
      }`,
    ],
    'firing.ts': [
      `import type { EventBus } from 'nestjs-lightbus';
      import { OrderPlaced } from './order-placed.js';
      export async function fire(bus: EventBus, orderId: string, quantity: number) {
        const event = (n: number) => new OrderPlaced({ orderId, quantity: n });
        const [placed, paid, shipped] = [event(1), event(2), event(3)];`,
      block('await bus.fireAll([placed, paid, shipped])'),
      `}
      export async function fireTwice(bus: EventBus, orderId: string, quantity: number, request: { id: string }) {`,
      block('again.duplicate'),
      '}',
    ],
    'fire-until-stored.ts': [block('switch (error.retry)')],
    'http-errors.module.ts': [block('LightbusExceptionFilter')],
  },
});
