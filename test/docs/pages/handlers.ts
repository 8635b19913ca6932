import { block, Page } from '../harness/page.js';
import { page as eventSourcing } from './event-sourcing.js';

export const page = new Page({
  path: 'docs/handlers.md',
  files: {
    'orders.ts': [eventSourcing.code('ts', 'export class Orders ')],
    'stock.ts': [block('export class Stock')],
    'mail.ts': [block('export class Mail')],
    'options.ts': [
      "import { LightbusModule } from 'nestjs-lightbus';",
      'export const lightbus = ',
      block('LightbusModule.forRoot({'),
    ],
  },
});
