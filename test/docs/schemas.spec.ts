import { describe, expect, it } from '@jest/globals';
import { CliProcess } from '../e2e/cli-process.js';
import { NewApplication } from '../package/new-application.js';
import { readmeCode } from './code-blocks.js';

describe('README', () => {
  it('fires with headers, events of zod, and a rule that JSON Schema is told, in code that compiles and runs', async () => {
    const app = await NewApplication.linked();
    await app.write(
      'order-placed.ts',
      `
      import { IsUUID } from 'class-validator';
      import { Event } from 'nestjs-lightbus';
      @Event('store.orders.placed')
      export class OrderPlaced { @IsUUID() orderId!: string; }
      `,
    );
    await app.write('checkout.ts', readmeCode('### Headers', 'ts'));
    await app.write('shipping.ts', readmeCode('### Events from other validators', 'ts'));
    await app.write('customer-called.ts', readmeCode('### Schemas on the bus', 'ts'));
    await app.write(
      'main.ts',
      `
      import { Test } from '@nestjs/testing';
      import { EventBus, EventValidationError, LightbusModule } from 'nestjs-lightbus';
      import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
      import { Checkout } from './checkout.js';
      import { CustomerCalled } from './customer-called.js';
      import { OrderPlaced } from './order-placed.js';
      import { OrderShipped, Shipping } from './shipping.js';

      const module = await Test.createTestingModule({
        imports: [
          LightbusTestingModule.forRoot(),
          LightbusModule.forFeature([OrderPlaced, OrderShipped, CustomerCalled]),
        ],
        providers: [Checkout, Shipping],
      }).compile();
      await module.init();
      const orderId = '0b6f5c1e-7a7b-4c7e-9b52-0d2c2a1f8d3e';
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const firedAt = await module.get(Checkout).place({ orderId }, { id: 'request-1', traceparent });
      await module.get(Shipping).ship(orderId);
      const bus = module.get(EventBus);
      await bus.fire(CustomerCalled, { phone: '+4930901820' });
      const refused = await bus.fire(CustomerCalled, { phone: '030 901820' }).catch((error: unknown) => error);
      const [placed] = module.get(EventRecorder).fired(OrderPlaced);
      const shipped = module.get(EventRecorder).fired(OrderShipped);
      console.log('Fired', JSON.stringify([
        firedAt instanceof Date, placed?.correlationId, placed?.traceparent, placed?.headers,
        shipped.map(({ payload }) => payload.parcels), refused instanceof EventValidationError,
      ]));
      await module.close();
      `,
    );
    await app.compile('nodenext');
    const running = new CliProcess([], { program: [process.execPath, 'main.js'], cwd: app.dir });
    await running.whenPrinted('Fired');
    expect(running.stdout).toContain(
      `Fired ${JSON.stringify([
        true,
        'request-1',
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        { tenant: 'acme' },
        [2, 1],
        true,
      ])}`,
    );
    expect((await running.result).code).toBe(0);
  }, 60_000);
});
