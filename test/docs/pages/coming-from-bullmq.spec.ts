import { describe, expect, it, jest } from '@jest/globals';
import { BullModule } from '@nestjs/bullmq';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Queue } from 'bullmq';
import { LightbusModule, type EventMessage } from 'nestjs-lightbus';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { startTesting } from '../harness/testing.js';
import { page } from './coming-from-bullmq.js';

interface Orders {
  readonly OrderPlaced: Type<object>;
  readonly Checkout: Type<{ place(orderId: string, quantity: number): Promise<void> }>;
  readonly Stock: Type;
}
interface Reminders {
  remind(event: object, message: EventMessage<object>): Promise<void>;
}

describe('docs/coming-from-bullmq.md', () => {
  it('does before and after the same, and has a listener that adds one job however often it is called', async () => {
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { host, port } = await startRedis();
    const connection = { host, port };
    const queues = BullModule.registerQueue({ name: 'orders' }, { name: 'reminders' });

    const before = await page.load<Orders>('before.ts');
    const bull = await Test.createTestingModule({
      imports: [BullModule.forRoot({ connection }), queues],
      providers: [before.Checkout, before.Stock],
    }).compile();
    await bull.init();
    await bull.get(before.Checkout).place('o1', 2);
    await waitFor(() => printed.mock.calls.length === 1);
    await bull.close();

    const after = await page.load<Orders>('orders.ts');
    const { Reminders } = await page.load<{ Reminders: Type<Reminders> }>('reminders.ts');
    const { module, recorder, close } = await startTesting({
      imports: [
        BullModule.forRoot({ connection }),
        queues,
        LightbusModule.forFeature([after.OrderPlaced]),
      ],
      providers: [after.Checkout, after.Stock, Reminders],
    });
    await module.get(after.Checkout).place('o1', 2);
    await recorder.whenHandled();
    expect(printed.mock.calls).toEqual([['Reserving 2 for o1'], ['Reserving 2 for o1']]);
    printed.mockRestore();

    const [message] = recorder.fired(after.OrderPlaced);
    if (!message) throw new Error('Nothing was fired.');
    await module.get(Reminders).remind(message.payload, message);
    const reminders = new Queue('reminders', { connection });
    expect(await reminders.getDelayed()).toMatchObject([{ data: { orderId: 'o1' } }]);
    await Promise.all([reminders.close(), close()]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
