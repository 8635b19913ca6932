import { block, Page } from '../harness/page.js';

/** `main.ts` as `nest new` writes it, with the line that README adds. */
const MAIN = `import { NestFactory } from '@nestjs/core';
  import { AppModule } from './app.module.js';

  async function bootstrap() {
    const app = await NestFactory.create(AppModule);
    app.enableShutdownHooks();
    await app.listen(process.env.PORT ?? 3000);
  }
  await bootstrap();`;

const EVENTS = block('export class OrderPlaced');

const MODULE = new Page({ path: 'README.md' }).code('ts', 'export class AppModule');

/** README's module after what it says below 'An aggregate'. */
function withOrders(module: string): string {
  const more = module.replace('providers: [Stock]', 'providers: [Stock, Orders]');
  if (more === module) throw new Error('README has no providers that Orders could be added to.');
  return `import { Orders } from './order.js';\n${more}`;
}

export const page = new Page({
  path: 'README.md',
  files: {
    'order.events.ts': [EVENTS],
    'app.module.ts': [block('export class AppModule')],
    'order.ts': [block('export class Orders ')],
    'main.ts': [MAIN],
    // README's module with what its readers add to it.
    'whole/order.events.ts': [EVENTS],
    'whole/app.module.ts': [withOrders(MODULE)],
    'whole/order.ts': [block('export class Orders ')],
    'whole/order.spec.ts': ["import { it } from '@jest/globals';", block('overrideLightbus(')],
    // API beside worker, with the handler that fails.
    'beside/dist/order.events.ts': [EVENTS],
    'beside/dist/charges.ts': [
      `import { existsSync } from 'node:fs';
      import { Injectable } from '@nestjs/common';
      import { OnEvent, type EventMessage } from 'nestjs-lightbus';
      import { OrderPlaced } from './order.events.js';

      @Injectable()
      export class Payments {
        async charge({ orderId }: OrderPlaced, { idempotencyKey }: { idempotencyKey: string }) {
          if (existsSync('payments-are-down')) throw new Error('Payments are down.');
          console.log('Charged for', orderId, 'under', idempotencyKey);
        }
      }

      @Injectable()
      export class Charges {
        constructor(private readonly payments: Payments) {}`,
      block("listenerName: 'charge'"),
      '}',
    ],
    'beside/dist/app.module.ts': [
      `import { Controller, Module, Post } from '@nestjs/common';
      import { EventBus, LightbusModule } from 'nestjs-lightbus';
      import { Charges, Payments } from './charges.js';
      import { OrderPlaced } from './order.events.js';

      @Controller('orders')
      class OrdersController {
        constructor(private readonly bus: EventBus) {}

        @Post()
        place() {
          return this.bus.fire(OrderPlaced, { orderId: '0b6f5c1e-8f2a-4c7e-9d3b-5a1e2f3c4d5e', quantity: 2 });
        }
      }

      const lightbus =`,
      block("config: 'lightbus.yaml'"),
      `@Module({
        imports: [lightbus, LightbusModule.forFeature([OrderPlaced])],
        controllers: [OrdersController],
        providers: [Charges, Payments],
      })
      export class AppModule {}`,
    ],
    'beside/dist/main.ts': [MAIN],
  },
});
