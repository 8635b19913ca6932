import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  Aggregate,
  Aggregates,
  Apply,
  defineAggregate,
  defineEvent,
  EventBus,
  LightbusModule,
  OnEvent,
  Project,
  Projections,
} from 'nestjs-lightbus';
import { EventRecorder } from 'nestjs-lightbus/testing';
import { z } from 'zod';
import { decode, validateIncoming } from '../../../../lib/event/codec.js';
import { materialise } from '../../../../lib/event/materialise.js';
import { owned } from '../../../support/owned.js';
import { waitFor } from '../../../support/wait-for.js';
import { startApplication } from '../generated/application.js';

const Placed = defineEvent(
  'everywhere.orders.placed',
  z.object({ orderId: z.string(), quantity: z.int() }),
  {
    key: 'orderId',
    version: 2,
    upcasters: { 1: ({ count, ...rest }) => ({ ...rest, quantity: count }) },
  },
);
const Cancelled = defineEvent('everywhere.orders.cancelled', z.object({ orderId: z.string() }), {
  key: 'orderId',
});

@Aggregate({ events: [Placed, Cancelled], snapshotEvery: 2 })
class Order {
  quantity = 0;
  isCancelled = false;

  @Apply(Placed)
  place({ quantity }: InstanceType<typeof Placed>): void {
    this.quantity += quantity;
  }

  @Apply(Cancelled)
  cancel(): void {
    this.isCancelled = true;
  }
}

const Quantity = defineAggregate({
  events: [Placed, Cancelled],
  initial: () => 0,
  evolve: (sum: number, event) => (event instanceof Placed ? sum + event.quantity : 0),
});

@Injectable()
class Totals {
  total = 0;

  @Project(Placed)
  add(event: InstanceType<typeof Placed>): void {
    expect(event).toBeInstanceOf(Placed);
    this.total += event.quantity;
  }
}

describe('an event of defineEvent stands where a class does', () => {
  it('in aggregates and projections', async () => {
    const app = await startApplication([Placed, Cancelled], [Totals]);
    const aggregates = app.get(Aggregates);
    const place = () => new Placed({ orderId: '1', quantity: 2 });
    await aggregates.change(Order, '1', place);
    await aggregates.change(Order, '1', ({ quantity }) => {
      return new Placed({ orderId: '1', quantity: quantity + 1 });
    });
    const { state, version, messages } = await aggregates.change(Order, '1', () => {
      return new Cancelled({ orderId: '1' });
    });
    expect([Object.assign({}, state), version]).toEqual([{ quantity: 5, isCancelled: true }, 3]);
    expect(await aggregates.load(Quantity, '1')).toMatchObject({ state: 0, version: 3 });
    await app.get(Projections).waitFor(Totals, messages[0]!);
    expect(app.get(Totals).total).toBe(5);
  });

  it('in the testing recorder', async () => {
    const app = await startApplication([Placed]);
    const recorder = app.get(EventRecorder);
    await recorder.given([new Placed({ orderId: '1', quantity: 1 })]);
    await app.bus.fire(Placed, { orderId: '1', quantity: 2 });
    expect(recorder.fired(Placed).map(({ payload }) => payload.quantity)).toEqual([2]);
  });

  it('where earlier versions are lifted', () => {
    const parameters = { orderId: '1', count: 3 };
    const stored = { id: 'a', apiName: 'everywhere.orders', eventName: 'placed', version: 1 };
    const { payload, event, keyValue } = materialise({ ...stored, parameters, notes: [] }, Placed, {
      cast: true,
    });
    expect(payload).toBeInstanceOf(Placed);
    expect({ ...payload }).toEqual({ orderId: '1', quantity: 3 });
    expect([event.version, keyValue]).toEqual([2, '1']);
  });
});

describe('a received event of defineEvent', () => {
  it('is an instance of whatever came', () => {
    const parameters = JSON.parse(
      '{"a": 1, "constructor": 2, "__proto__": 3, "toString": null}',
    ) as Record<string, unknown>;
    const { payload, note } = decode(Placed, parameters, { cast: true });
    expect(payload).toBeInstanceOf(Placed);
    expect(Object.entries(payload)).toEqual([
      ['a', 1],
      ['constructor', 2],
      ['toString', null],
    ]);
    expect(note).toBeUndefined();
    expect(decode(Placed, parameters, { cast: false }).payload).toBe(parameters);
  });

  it.each([
    [{ orderId: '1', quantity: 1 }, []],
    [{ orderId: '1', quantity: 'x' }, ['quantity']],
    [{ orderId: '1', quantity: 1, other: 1 }, ['other']],
    [{ orderId: '1', quantity: 2n ** 60n }, ['quantity']],
    [{}, ['orderId', 'quantity']],
  ])('is validated where that is wanted: %p', async (parameters, paths) => {
    const found = await validateIncoming(Placed, parameters);
    expect(found.map(({ path }) => path)).toEqual(paths);
    const instance = await validateIncoming(
      Placed,
      decode(Placed, parameters, { cast: true }).payload,
    );
    expect(instance).toEqual(found);
  });

  it('is invalid where its schema throws or rejects', async () => {
    const fails = [
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('no');
      },
    ];
    for (const validate of fails) {
      const schema: StandardSchemaV1<unknown, { a: string }> = {
        '~standard': { version: 1, vendor: 'failing', validate },
      };
      const Failing = defineEvent('everywhere.failing', schema);
      const constraints = { validation: expect.stringContaining('no') };
      expect(await validateIncoming(Failing, { a: '' })).toEqual([
        { path: '', value: undefined, constraints },
      ]);
    }
  });

  it('that is invalid follows onError, with validate.incoming', async () => {
    const handled: unknown[] = [];
    class Handlers {
      @OnEvent(Placed, { listenerName: 'validated', onError: 'acknowledge_and_log' })
      handle(event: InstanceType<typeof Placed>): void {
        handled.push(event.quantity);
      }
    }
    const validate = { outgoing: false, incoming: true };
    @Module({
      imports: [
        LightbusModule.forRoot({
          serviceName: 'validating',
          config: { apis: { default: { validate, event_transport: { memory: {} } } } },
        }),
        LightbusModule.forFeature([Placed]),
      ],
      providers: [Handlers],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    owned().onEnd(() => app.close());
    const bus = app.get(EventBus);
    await bus.fire(Placed, { orderId: '1', quantity: 'none' } as never);
    await bus.fire(Placed, { orderId: '1', quantity: 7 });
    await waitFor(() => handled.length > 0);
    expect(handled).toEqual([7]);
  });
});
