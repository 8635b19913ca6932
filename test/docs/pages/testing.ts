import { block, Page } from '../harness/page.js';
import { page as eventSourcing } from './event-sourcing.js';
import { page as handlers } from './handlers.js';

export const page = new Page({
  path: 'docs/testing.md',
  files: {
    'orders.ts': [eventSourcing.code('ts', 'export class Orders ')],
    'stock.ts': [handlers.code('ts', 'export class Stock')],
    'app.module.ts': [
      `import { Module } from '@nestjs/common';
      import { LightbusModule } from 'nestjs-lightbus';
      import { OrderCancelled, OrderPlaced, Orders } from './orders.js';
      import { Stock } from './stock.js';
      @Module({
        imports: [LightbusModule.forRoot(), LightbusModule.forFeature([OrderPlaced, OrderCancelled])],
        providers: [Orders, Stock],
      })
      export class AppModule {}`,
    ],
    'orders.spec.ts': [
      "import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';",
      block("describe('Orders'"),
    ],
    'others.ts': [
      `import { Module } from '@nestjs/common';
      import { Test } from '@nestjs/testing';
      import { IsString } from 'class-validator';
      import { Event, EventBus, LightbusModule } from 'nestjs-lightbus';
      import { allowRealRedis, EventRecorder, LightbusTestingModule, overrideLightbus } from 'nestjs-lightbus/testing';
      import { AppModule } from './app.module.js';
      import { OrderCancelled, OrderPlaced, Orders } from './orders.js';
      @Module({ imports: [LightbusModule.forFeature([OrderPlaced, OrderCancelled])], providers: [Orders] })
      class OrdersModule {}
      @Event('billing.invoices.paid')
      class InvoicePaid { @IsString() orderId!: string; }
      export async function ofAPart() {`,
      block('LightbusTestingModule.forRoot(), OrdersModule'),
      'return module; }',
      'export async function ofOthers() {',
      block('InvoicePaid'),
      'return module; }',
      'export async function onRedis() {',
      block('allowRealRedis('),
      'return module; }',
      'export const onNone = () => Test.createTestingModule({ imports: [AppModule] }).compile();',
    ],
  },
});
