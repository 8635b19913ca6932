import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/events.md',
  files: {
    'order-packed.ts': [block('export class OrderPacked')],
    'shipping.ts': [block('export class Shipping')],
    'keys.ts': [
      `import { randomBytes } from 'node:crypto';
      import { Injectable } from '@nestjs/common';
      @Injectable()
      export class Keys {
        private readonly keys = new Map<string, Buffer>();
        async make(customerId: string): Promise<Buffer> {
          const key = randomBytes(32);
          this.keys.set(customerId, key);
          return key;
        }
        async find(customerId: string) { return this.keys.get(customerId); }
        async delete(customerId: string) { this.keys.delete(customerId); }
      }`,
    ],
    'mail.ts': [
      `import { Injectable } from '@nestjs/common';
      @Injectable()
      export class Mail {
        readonly sent: string[] = [];
        isDown = false;
        async send(to: string) {
          if (this.isDown) throw new Error('The mail server is away.');
          this.sent.push(to);
        }
      }`,
    ],
    'customers.ts': [block('export class Customers')],
    // Whose snapshots are removed.
    'customer.ts': [
      `import { Aggregate, Apply } from 'nestjs-lightbus';
      import { CustomerRegistered } from './customers.js';
      @Aggregate({ events: [CustomerRegistered], snapshotEvery: 1, revision: 1 })
      export class Customer {
        email?: string;
        @Apply(CustomerRegistered) registered({ email }: CustomerRegistered) { this.email = email; }
      }`,
    ],
  },
});
