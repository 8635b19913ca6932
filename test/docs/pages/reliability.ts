import { block, Page } from '../harness/page.js';

export const page = new Page({
  path: 'docs/reliability.md',
  files: {
    'events.ts': [
      `import { IsString } from 'class-validator';
      import { Event } from 'nestjs-lightbus';
      @Event('store.orders.placed') export class OrderPlaced { @IsString() orderId!: string; }
      @Event('store.invoices.written') export class InvoiceWritten { @IsString() orderId!: string; }`,
    ],
    'database.ts': [
      `export class Database {
        readonly invoices: string[] = [];
        private readonly handled = new Set<string>();
        async transaction(work: (tx: Database) => Promise<void>): Promise<void> { await work(this); }
        async isNew(listener: string, event: string): Promise<boolean> {
          return this.handled.size < this.handled.add(listener + ' ' + event).size;
        }
        async insertInvoice(orderId: string): Promise<void> { this.invoices.push(orderId); }
      }`,
    ],
    'invoices.ts': [block('export class Invoices')],
  },
});
