// A user's application, as its author would write it. `package.spec.ts` installs the packed package
// into a new directory, compiles this file there, to an ES module or to CommonJS, and runs it.
import 'reflect-metadata';
import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsDate, IsInt, Min } from 'class-validator';
import { Event, EventBus, EventMessage, LightbusModule, OnEvent } from 'nestjs-lightbus';
import { LightbusHealth } from 'nestjs-lightbus/health';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';

const { API = 'store.orders', LIGHTBUS_URL = 'redis://127.0.0.1:6379/0' } = process.env;

@Event(`${API}.placed`)
export class OrderPlaced {
  @IsInt() @Min(1) quantity!: number;
  @IsDate() @Type(() => Date) placedAt!: Date;
}

@Injectable()
export class Checkout {
  constructor(private readonly bus: EventBus) {}

  async place(quantity: number): Promise<string> {
    const message = await this.bus.fire(OrderPlaced, { quantity, placedAt: new Date(0) });
    return message.nativeId;
  }
}

@Injectable()
export class Database implements OnModuleDestroy {
  isOpen = true;

  onModuleDestroy(): void {
    this.isOpen = false;
  }
}

@Injectable()
export class Stock {
  wasOpenToTheEnd?: boolean;
  private readonly told = new EventEmitter();
  readonly handled = once(this.told, 'handled') as Promise<[Record<string, unknown>]>;

  constructor(private readonly database: Database) {}

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock' })
  async reserve(event: OrderPlaced, message: EventMessage<OrderPlaced>): Promise<void> {
    this.told.emit('handled', {
      isInstance: event instanceof OrderPlaced,
      quantity: event.quantity,
      placedAt: event.placedAt instanceof Date && event.placedAt.toISOString(),
      nativeId: message.nativeId,
      consumerGroup: message.consumerGroup,
    });
    // The application closes meanwhile.
    await setTimeout(100);
    this.wasOpenToTheEnd = this.database.isOpen;
  }
}

@Module({
  imports: [
    LightbusTelemetryModule.forRoot(),
    LightbusModule.forRoot({
      serviceName: 'store',
      processName: 'worker1',
      config: { apis: { default: { event_transport: { redis: { url: LIGHTBUS_URL } } } } },
    }),
    LightbusModule.forFeature([OrderPlaced]),
  ],
  providers: [Checkout, Database, LightbusHealth, Stock],
})
export class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const fired = await app.get(Checkout).place(3);
  const stock = app.get(Stock);
  const [handled] = await stock.handled;
  const { lightbus } = await app.get(LightbusHealth).check();
  const health = lightbus.status;
  await app.close();
  const { wasOpenToTheEnd } = stock;
  const isCommonJs = typeof module !== 'undefined';
  console.log(JSON.stringify({ fired, handled, health, wasOpenToTheEnd, isCommonJs }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
