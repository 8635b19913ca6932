// A user's test in the Jest of a new Nest application; see `package.spec.ts`.
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsInt, Min } from 'class-validator';
import { Event, EventBus, LightbusModule, OnEvent } from 'nestjs-lightbus';
import { EventRecorder, overrideLightbus } from 'nestjs-lightbus/testing';

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

@Module({
  imports: [
    LightbusModule.forRootAsync({ useFactory: () => ({ config: 'lightbus.yaml' }) }),
    LightbusModule.forFeature([OrderPlaced]),
  ],
  providers: [Checkout, Stock],
})
class AppModule {}

describe('Checkout', () => {
  it('fires an event, which is handled', async () => {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const module = await overrideLightbus(builder).compile();
    await module.init();
    const recorder = module.get(EventRecorder);

    await module.get(Checkout).place(2);

    recorder.assertFired(OrderPlaced, { times: 1, payload: { quantity: 2 } });
    await recorder.whenHandled();
    expect(module.get(Stock).reserved).toEqual([2]);
    await module.close();
  });
});
