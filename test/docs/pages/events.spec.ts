import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { EventBus, EventValidationError, LightbusModule, type EventMessage } from 'nestjs-lightbus';
import { startTesting, type Testing } from '../harness/testing.js';
import { page } from './events.js';

interface OrderPackedFile {
  readonly OrderPacked: new (payload: object) => object;
  readonly Parcel: Type<object>;
  readonly Carrier: { readonly Bike: string };
}
interface ShippingFile {
  readonly OrderShipped: Type<{ readonly parcels: number }>;
  readonly Shipping: Type<{ ship(orderId: string): Promise<void> }>;
}

const ORDER_ID = '0b6f5c1e-7a7b-4c7e-9b52-0d2c2a1f8d3e';

describe('docs/events.md', () => {
  let packed: OrderPackedFile;
  let shipping: ShippingFile;
  let testing: Testing;
  beforeAll(async () => {
    packed = await page.load('order-packed.ts');
    shipping = await page.load('shipping.ts');
    testing = await startTesting({
      imports: [LightbusModule.forFeature([packed.OrderPacked, shipping.OrderShipped])],
      providers: [shipping.Shipping],
    });
  });
  afterAll(() => testing.close());

  it('has an event of many kinds of properties, which comes back equal', async () => {
    const { OrderPacked, Parcel, Carrier } = packed;
    const event = new OrderPacked({
      ...{ orderId: ORDER_ID, packedAt: new Date(0), carrier: Carrier.Bike },
      parcels: [Object.assign(new Parcel(), { code: 'a', grams: 100 })],
      remindOn: new Set([new Date(1000)]),
    });
    const bus = testing.module.get(EventBus);
    await bus.fire(event);
    const [message] = (await Readable.from(
      bus.history(OrderPacked, { key: ORDER_ID }),
    ).toArray()) as EventMessage<object>[];
    expect(message?.payload).toBeInstanceOf(OrderPacked);
    expect(message?.payload).toEqual(event);

    const unknown = Object.assign(new OrderPacked(event), { colour: 'red' });
    await expect(bus.fire(unknown)).rejects.toThrow(EventValidationError);
  });

  it('has an event of zod, which is fired and handled', async () => {
    const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await testing.module.get(shipping.Shipping).ship(ORDER_ID);
    await testing.recorder.whenHandled();
    const shipped = testing.recorder.fired(shipping.OrderShipped);
    expect(shipped.map(({ payload }) => payload.parcels)).toEqual([2, 1]);
    expect(printed.mock.calls).toContainEqual([`Invoice for 2 parcels of ${ORDER_ID}`]);
    printed.mockRestore();
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
