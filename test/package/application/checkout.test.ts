// A user's test in the Jest of a new Nest application; see `package.spec.ts`.
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsInt, Min } from 'class-validator';
import { Event, EventBus, LightbusModule, OnEvent } from 'nestjs-lightbus';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';

@Event('store.orders.placed')
class OrderPlaced {
  @IsInt() @Min(1) quantity!: number;
}

@Injectable()
class Checkout {
  constructor(private readonly bus: EventBus) {}

  async place(quantity: number): Promise<void> {
    await this.bus.fire(OrderPlaced, { quantity });
  }
}

@Injectable()
class Stock {
  readonly reserved: number[] = [];

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock' })
  reserve({ quantity }: OrderPlaced): void {
    this.reserved.push(quantity);
  }
}

describe('Checkout', () => {
  it('fires an event, which is handled', async () => {
    const module = await Test.createTestingModule({
      imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([OrderPlaced])],
      providers: [Checkout, Stock],
    }).compile();
    await module.init();
    const recorder = module.get(EventRecorder);

    await module.get(Checkout).place(2);

    recorder.assertFired(OrderPlaced, { times: 1, payload: { quantity: 2 } });
    await recorder.whenHandled();
    expect(module.get(Stock).reserved).toEqual([2]);
    await module.close();
  });
});
