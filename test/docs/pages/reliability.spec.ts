import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { EventBus, LightbusModule, type EventMessage } from 'nestjs-lightbus';
import { commandsIn } from '../harness/commands.js';
import { startTesting } from '../harness/testing.js';
import { page } from './reliability.js';

interface Events {
  readonly OrderPlaced: Type<object>;
  readonly InvoiceWritten: Type<object>;
}
interface Invoices {
  write(event: object, message: EventMessage<object>): Promise<void>;
}

describe('docs/reliability.md', () => {
  it('has a handler that may be called twice', async () => {
    const { OrderPlaced, InvoiceWritten } = await page.load<Events>('events.ts');
    const { Invoices } = await page.load<{ Invoices: Type<Invoices> }>('invoices.ts');
    const { Database } = await page.load<{ Database: Type<{ invoices: string[] }> }>('database.ts');
    const { module, recorder, close } = await startTesting({
      imports: [LightbusModule.forFeature([OrderPlaced, InvoiceWritten])],
      providers: [Invoices, Database],
    });
    const bus = module.get(EventBus);
    const message = await bus.fire(OrderPlaced, { orderId: 'o1' });
    await recorder.whenHandled();
    await module.get(Invoices).write(message.payload, message);
    expect(module.get(Database).invoices).toEqual(['o1']);
    const stored: EventMessage<object>[] = [];
    for await (const written of bus.history(InvoiceWritten)) stored.push(written);
    expect(stored.map(({ id }) => id)).toEqual([`invoices:${message.id}`]);
    await close();
  });

  it('adds up', () => {
    const [, row = ''] = /^\| events confirmed \|(.*)\|$/m.exec(page.text) ?? [];
    const confirmed = row.split('|').map((cell) => Number(cell.replace(',', '')));
    const sum = confirmed.reduce((total, count) => total + count, 0);
    expect(page.text).toContain(`of ${sum.toLocaleString('en')} confirmed events, none`);
  });

  it('is repeated by options and scenarios that there are', () => {
    const chaos = readFileSync('test/chaos/chaos.mjs', 'utf8');
    const scenarios = readFileSync('test/chaos/scenarios.ts', 'utf8');
    for (const [npm, run, name, dashes, ...options] of commandsIn(page.code('sh', 'chaos'))) {
      expect([npm, run, name, dashes]).toEqual(['npm', 'run', 'chaos', '--']);
      const names = options.filter((word) => word.startsWith('--'));
      for (const option of names) expect(chaos).toContain(option.slice(2));
      const [scenario] = options.filter((word) => word === 'silent-takeover');
      if (scenario) expect(scenarios).toContain(`'${scenario}'`);
    }
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
