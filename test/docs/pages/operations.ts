import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/operations.md',
  files: {
    'health.ts': [block('export class HealthController')],
    // What the commands are tried on.
    'app.module.ts': [
      `import { Injectable, Module } from '@nestjs/common';
      import { IsString } from 'class-validator';
      import { Event, LightbusModule, OnEvent } from 'nestjs-lightbus';

      @Event('store.orders.placed')
      export class OrderPlaced { @IsString() orderId!: string; }

      @Injectable()
      export class Store {
        @OnEvent(OrderPlaced, { listenerName: 'charge', onError: 'dead_letter', maxAttempts: 1 })
        charge({ orderId }: OrderPlaced) { if (orderId === '4711') throw new Error('no money'); }

        @OnEvent(OrderPlaced, { listenerName: 'reserve_stock', onError: 'dead_letter', maxAttempts: 1 })
        reserve({ orderId }: OrderPlaced) { console.log('Reserved', orderId); }
      }

      @Module({
        imports: [LightbusModule.forRoot(), LightbusModule.forFeature([OrderPlaced])],
        providers: [Store],
      })
      export class AppModule {}`,
    ],
  },
});
