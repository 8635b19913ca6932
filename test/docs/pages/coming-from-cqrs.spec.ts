import { describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { LightbusModule, type EventPayload } from 'nestjs-lightbus';
import { startTesting } from '../harness/testing.js';
import { page } from './coming-from-cqrs.js';

interface Before {
  readonly CancelOrder: new (orderId: string) => object;
  readonly CancelOrderHandler: Type;
  readonly Refunds: Type;
}
interface After {
  readonly OrderPlaced: new (event: EventPayload<{ orderId: string }>) => object;
  readonly OrderCancelled: Type<object>;
  readonly Orders: Type<{ cancel(orderId: string): Promise<void> }>;
  readonly Refunds: Type;
}

describe('docs/coming-from-cqrs.md', () => {
  it('does before and after the same, and both only once', async () => {
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { CancelOrder, ...handlers } = await page.load<Before>('before.ts');
    const { OrderRepository } = await page.load<{ OrderRepository: Type }>('order.repository.ts');
    const cqrs = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      providers: [OrderRepository, handlers.CancelOrderHandler, handlers.Refunds],
    }).compile();
    await cqrs.init();
    for (let time = 0; time < 2; time++) {
      await cqrs.get(CommandBus).execute(new CancelOrder('o1'));
    }
    await cqrs.close();
    expect(printed.mock.calls).toEqual([['Refunding o1']]);

    const after = await page.load<After>('after.ts');
    const { module, recorder, close } = await startTesting({
      imports: [LightbusModule.forFeature([after.OrderPlaced, after.OrderCancelled])],
      providers: [after.Orders, after.Refunds],
    });
    await recorder.given([new after.OrderPlaced({ orderId: 'o1' })]);
    for (let time = 0; time < 2; time++) await module.get(after.Orders).cancel('o1');
    await recorder.whenHandled();
    expect(printed.mock.calls).toEqual([['Refunding o1'], ['Refunding o1']]);
    printed.mockRestore();
    await close();
  });

  it('has no other code', () => {
    expect(page.text).toContain(page.files().get('stream.ts')?.split('\n').at(-1));
    expect(page.untaken()).toEqual([]);
  });
});
