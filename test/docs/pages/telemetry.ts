import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/telemetry.md',
  files: {
    'app.module.ts': [block('export class AppModule')],
    'telemetry.ts': [block('setGlobalMeterProvider')],
    'attempts.ts': [block('tracingChannel')],
    // What is told of.
    'worker.module.ts': [
      `import './attempts.js';
      import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
      import { IsInt } from 'class-validator';
      import { Event, EventBus, LightbusModule, OnEvent } from 'nestjs-lightbus';
      import { AppModule } from './app.module.js';

      @Event('store.orders.placed')
      export class OrderPlaced {
        @IsInt() n!: number;
        static of(n: number) { return Object.assign(new OrderPlaced(), { n }); }
      }

      @Injectable()
      export class Stock implements OnApplicationBootstrap {
        constructor(private readonly bus: EventBus) {}

        @OnEvent(OrderPlaced, { listenerName: 'reserve_stock', onError: 'acknowledge_and_log' })
        reserve({ n }: OrderPlaced) { if (n === 3) throw new Error('There is none.'); }

        @OnEvent(OrderPlaced, { listenerName: 'charge' })
        async charge() { await Promise.resolve(); }

        async onApplicationBootstrap() {
          await this.bus.fire(OrderPlaced, { n: 1 });
          await this.bus.fireAll([OrderPlaced.of(2), OrderPlaced.of(3)]);
        }
      }

      @Module({
        imports: [AppModule, LightbusModule.forFeature([OrderPlaced])],
        providers: [Stock],
      })
      export class WorkerModule {}`,
    ],
  },
});
