import { describe, expect, it, jest } from '@jest/globals';
import type { DynamicModule, Type } from '@nestjs/common';
import { EventBus, LightbusModule } from 'nestjs-lightbus';
import { startTesting } from '../harness/testing.js';
import { page } from './handlers.js';

interface Stock {
  readonly reserved: Map<string, number>;
  readonly seen: string[];
}

describe('docs/handlers.md', () => {
  it('has listeners by class, by name and of all events, and one with an interceptor', async () => {
    const { OrderPlaced, OrderCancelled } =
      await page.load<Record<'OrderPlaced' | 'OrderCancelled', Type<object>>>('orders.ts');
    const { Stock } = await page.load<{ Stock: Type<Stock> }>('stock.ts');
    const { Mail, timings } = await page.load<{ Mail: Type<object>; timings: string[] }>('mail.ts');
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { module, recorder, close } = await startTesting({
      imports: [LightbusModule.forFeature([OrderPlaced, OrderCancelled])],
      providers: [Stock, Mail],
    });
    const bus = module.get(EventBus);
    await bus.fire(OrderPlaced, { orderId: 'o1', quantity: 2 });
    await recorder.whenHandled();
    const { reserved, seen } = module.get(Stock);
    expect([...reserved]).toEqual([['o1', 2]]);
    await bus.fire(OrderCancelled, { orderId: 'o1', reason: 'late' });
    await recorder.whenHandled();
    expect(reserved.size).toBe(0);
    expect(seen).toEqual(['store.orders.placed', 'store.orders.cancelled']);
    expect(timings).toEqual([expect.stringMatching(/^store\.orders\.placed: [\d.]+ ms$/)]);
    expect(printed.mock.calls).toContainEqual(['Mail for o1']);
    printed.mockRestore();
    await close();
  });

  it('overrides options of listeners that it has', async () => {
    const { lightbus } = await page.load<{ lightbus: DynamicModule }>('options.ts');
    expect(lightbus.module).toBe(LightbusModule);
    const code = page.code('ts', 'LightbusModule.forRoot({');
    for (const name of ['reserve_stock', 'audit']) {
      expect(code).toContain(`${name}: {`);
      expect(page.files().get('stock.ts')).toContain(`'${name}'`);
    }
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
