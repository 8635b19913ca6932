import { block, Page } from '../harness/page.js';
import { page as eventSourcing } from './event-sourcing.js';

export const page = new Page({
  path: 'docs/delivery.md',
  files: {
    'orders.ts': [eventSourcing.code('ts', 'export class Orders ')],
    'payments.ts': [
      `import { Injectable } from '@nestjs/common';
      @Injectable()
      export class Payments {
        readonly charged: string[] = [];
        isDown = true;
        async charge(orderId: string, options: { signal?: AbortSignal }) {
          options.signal?.throwIfAborted();
          if (this.isDown) throw new Error('The bank is away.');
          this.charged.push(orderId);
        }
      }`,
    ],
    'charging.ts': [block('export class Charging')],
    'dead-letters.ts': [
      `import type { Listeners } from 'nestjs-lightbus';
      export async function operate(listeners: Listeners, ids: string[]) {`,
      block('listeners.redrive('),
      '}',
    ],
  },
});
