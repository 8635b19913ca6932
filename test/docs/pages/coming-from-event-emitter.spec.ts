import { describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { LightbusModule } from 'nestjs-lightbus';
import { startTesting } from '../harness/testing.js';
import { page } from './coming-from-event-emitter.js';

interface Orders {
  readonly OrderPlaced: Type<object>;
  readonly Checkout: Type<{ place(orderId: string, quantity: number): unknown }>;
  readonly Stock: Type;
}

describe('docs/coming-from-event-emitter.md', () => {
  it('does before and after the same', async () => {
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const before = await page.load<Orders>('before.ts');
    const emitter = await Test.createTestingModule({
      imports: [EventEmitterModule.forRoot()],
      providers: [before.Checkout, before.Stock],
    }).compile();
    await emitter.init();
    emitter.get(before.Checkout).place('o1', 2);
    await emitter.close();
    expect(printed.mock.calls).toEqual([['Reserving 2 for o1']]);

    const after = await page.load<Orders>('after.ts');
    const { module, recorder, close } = await startTesting({
      imports: [LightbusModule.forFeature([after.OrderPlaced])],
      providers: [after.Checkout, after.Stock],
    });
    await module.get(after.Checkout).place('o1', 2);
    await recorder.whenHandled();
    expect(printed.mock.calls).toEqual([['Reserving 2 for o1'], ['Reserving 2 for o1']]);
    printed.mockRestore();
    await close();
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
