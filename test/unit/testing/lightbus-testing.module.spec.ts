import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { Allow, IsDate, IsInt } from 'class-validator';
import {
  Event,
  EventBus,
  EventDefinitionError,
  EventValidationError,
  LightbusModule,
  OnEvent,
} from 'nestjs-lightbus';
import {
  EventRecorder,
  LightbusTestingModule,
  RecordedEventsError,
  UnexpectedEventError,
  type LightbusTestingOptions,
} from 'nestjs-lightbus/testing';
import { owned } from '../../support/owned.js';
import { waitFor } from '../../support/wait-for.js';

class Line {
  @Allow() sku!: string;
  @IsInt() quantity!: number;
}

@Event('testing.orders.placed')
class Placed {
  @Allow() orderId!: string;
  @Allow() @Type(() => Line) lines?: Line[];
  @IsDate() @Type(() => Date) at: Date = new Date(0);
}

@Event('testing.orders.shipped')
class Shipped {
  @Allow() orderId!: string;
}

@Event('testing.stock.reserved')
class Reserved {
  @Allow() orderId!: string;
}

/** Reserves stock for each order: an event fires another one. */
@Injectable()
class Stock {
  readonly seen: string[] = [];
  failures = 0;
  constructor(private readonly bus: EventBus) {}

  @OnEvent(Placed, { listenerName: 'reserve' })
  async reserve({ orderId }: Placed) {
    if (this.failures-- > 0) throw new Error('out of stock');
    await this.bus.fire(Reserved, { orderId });
    this.seen.push(`reserved ${orderId}`);
  }

  @OnEvent('testing.stock.*', { listenerName: 'count' })
  async count({ orderId }: { orderId: string }) {
    await Promise.resolve();
    this.seen.push(`counted ${orderId}`);
  }
}

@Event('testing.elsewhere.moved')
class Unregistered {}

class NoEvent {}

async function start(options?: LightbusTestingOptions): Promise<{
  module: TestingModule;
  bus: EventBus;
  recorder: EventRecorder;
  stock: Stock;
}> {
  @Module({
    imports: [LightbusModule.forFeature([Placed, Shipped, Reserved])],
    providers: [Stock],
  })
  class ShopModule {}
  const module = await Test.createTestingModule({
    imports: [LightbusTestingModule.forRoot(options), ShopModule],
  }).compile();
  module.useLogger(false);
  await module.init();
  owned().onEnd(() => module.close());
  return {
    module,
    bus: module.get(EventBus),
    recorder: module.get(EventRecorder),
    stock: module.get(Stock),
  };
}

const placed = (orderId: string, lines?: Line[]) =>
  Object.assign(new Placed(), { orderId, ...(lines && { lines }) });

describe('LightbusTestingModule', () => {
  it('runs the real listeners, which fire on the real bus', async () => {
    const { bus, recorder, stock } = await start();
    await bus.fire(placed('a'));
    await recorder.whenHandled();
    expect(stock.seen).toEqual(['reserved a', 'counted a']);
    expect(recorder.names()).toEqual(['testing.orders.placed', 'testing.stock.reserved']);
  });

  it('records headers, and what handlers carry on', async () => {
    const { bus, recorder } = await start();
    const options = { correlationId: 'c', headers: { tenant: 'acme' } };
    const { id } = await bus.fire(placed('a'), options);
    await bus.fireAll([placed('b')], options);
    await recorder.whenHandled();
    const orders = recorder.fired(Placed);
    expect(orders).toHaveLength(2);
    for (const message of orders) {
      expect(message).toMatchObject({ ...options, firedAt: expect.any(Date) });
    }
    expect(recorder.fired(Reserved)[0]).toMatchObject({ correlationId: 'c', causationId: id });
    await expect(bus.fire(placed('c'), { correlationId: '' })).rejects.toThrow('correlationId');
    expect(recorder.names()).toHaveLength(4);
  });

  it('takes the place of the LightbusModule.forRoot that an AppModule imports', async () => {
    const real = LightbusModule.forRoot({
      config: { apis: { default: { event_transport: { redis: { url: 'redis://nowhere:1' } } } } },
    });
    @Module({ imports: [real, LightbusModule.forFeature([Placed, Reserved])], providers: [Stock] })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideModule(real)
      .useModule(LightbusTestingModule.forRoot())
      .compile();
    module.useLogger(false);
    await module.init();
    owned().onEnd(() => module.close());

    await module.get(EventBus).fire(placed('a'));
    const recorder = module.get(EventRecorder);
    await recorder.whenHandled();
    recorder.assertFired(Reserved, { payload: { orderId: 'a' } });
  });

  it('validates as the real bus does, and records nothing that was refused', async () => {
    const { bus, recorder } = await start();
    const event = Object.assign(placed('a'), { at: 'no date' });
    await expect(bus.fire(event)).rejects.toThrow(EventValidationError);
    await expect(bus.fireAll([placed('a'), event])).rejects.toThrow(EventValidationError);
    expect(recorder.fired()).toEqual([]);
  });

  it('takes the settings of APIs, but keeps events in memory', async () => {
    const { bus, module } = await start({
      apis: {
        'testing.orders': {
          validate: { outgoing: false },
          event_transport: { redis: { url: 'redis://nowhere:1' } },
        },
      },
    });
    const event = Object.assign(placed('a'), { at: 'no date' });
    expect((await bus.fire(event)).nativeId).toMatch(/^\d+-\d+$/);
    await module.close();
  });

  it('starts empty each time', async () => {
    const first = await start();
    await first.bus.fire(placed('a'));
    await first.recorder.whenHandled();
    const second = await start();
    expect(second.recorder.fired()).toEqual([]);
    for await (const _ of second.bus.history(Placed)) throw new Error('There is a history.');
  });

  it('is not swayed by the environment', async () => {
    process.env.LIGHTBUS_FEATURES = '';
    process.env.LIGHTBUS_SERVICE_NAME = 'from_environment';
    process.env.LIGHTBUS_REDIS_URL = 'no URL of Redis';
    try {
      const { bus, recorder, stock } = await start();
      await bus.fire(placed('a'));
      await recorder.whenHandled();
      expect(stock.seen).toContain('reserved a');
    } finally {
      delete process.env.LIGHTBUS_FEATURES;
      delete process.env.LIGHTBUS_SERVICE_NAME;
      delete process.env.LIGHTBUS_REDIS_URL;
    }
  });

  it('runs no listener with features: []', async () => {
    const { bus, recorder, stock } = await start({ features: [] });
    await bus.fire(placed('a'));
    await recorder.whenHandled();
    expect(stock.seen).toEqual([]);
    expect(recorder.names()).toEqual(['testing.orders.placed']);
  });
});

describe('EventRecorder.whenHandled', () => {
  it('resolves at once where nothing was fired', async () => {
    const { recorder } = await start();
    await recorder.whenHandled({ timeoutMs: 0 });
  });

  it('waits for retries', async () => {
    const { bus, recorder, stock } = await start();
    stock.failures = 1;
    await bus.fire(placed('a'));
    await recorder.whenHandled();
    expect(stock.seen).toEqual(['reserved a', 'counted a']);
  });

  it('rejects in time where a handler keeps failing, naming listener and stream', async () => {
    const { bus, recorder, stock } = await start();
    stock.failures = Infinity;
    await bus.fireAll([placed('a'), placed('b')]);
    const handled = recorder.whenHandled({ timeoutMs: 100 });
    await expect(handled).rejects.toThrow(RecordedEventsError);
    await expect(handled).rejects.toThrow(
      /within 100 ms: group 'test-reserve' on 'testing\.orders\.\*:stream' has 1 in hand and 1 before it \(listener 'reserve' is failing: out of stock \(at .*\)\)\./,
    );
    // Nest's logger in tests shows no warnings, and it is off here.
    await expect(handled).rejects.toThrow(
      /is tried again\. The log said last: Event testing\.orders\.placed .* failed at attempt \d+ in Stock\.reserve .*: out of stock\./,
    );
    stock.failures = 0;
    await recorder.whenHandled();
    expect(stock.seen).toHaveLength(4);
  });

  it('waits for every event of many', async () => {
    const { bus, recorder, stock } = await start();
    await bus.fireAll(Array.from({ length: 200 }, (_, n) => placed(String(n))));
    await recorder.whenHandled();
    expect(stock.seen).toHaveLength(400);
  });
});

describe('EventRecorder', () => {
  it('tells what was fired, by class, name and API', async () => {
    const { bus, recorder } = await start({ features: [] });
    const message = await bus.fire(placed('a'));
    await bus.fireAll([
      Object.assign(new Shipped(), { orderId: 'a' }),
      Object.assign(new Reserved(), { orderId: 'b' }),
    ]);
    expect(recorder.fired(Placed)).toEqual([message]);
    expect(recorder.fired(Placed)[0]?.payload).toBeInstanceOf(Placed);
    const ids = (selector: string) =>
      recorder.fired(selector).map(({ payload }) => payload['orderId']);
    expect(ids('testing.orders.shipped')).toEqual(['a']);
    expect(ids('testing.orders.*')).toEqual(['a', 'a']);
    expect(ids('testing.stock.*')).toEqual(['b']);
    expect(recorder.fired()).toHaveLength(3);
  });

  it('refuses selectors that no event can have', async () => {
    const { recorder } = await start({ features: [] });
    expect(() => recorder.fired(NoEvent)).toThrow(RecordedEventsError);
    expect(() => recorder.fired('placed')).toThrow(EventDefinitionError);
    expect(() => recorder.allowOnly(NoEvent)).toThrow(RecordedEventsError);
    // As a class is, while two files import each other.
    for (const wrong of [undefined, null, new Placed(), 5]) {
      const none = wrong as unknown as typeof Placed;
      const asserting = [() => recorder.assertFired(none), () => recorder.fired(none)];
      for (const assertion of [...asserting, () => recorder.allowOnly(none)]) {
        expect(assertion).toThrow(RecordedEventsError);
        expect(assertion).toThrow(/is no class\. Give an event class or a name\.$/);
      }
    }
  });

  it('refuses events that this application can not fire: nothing would be asserted', async () => {
    const { recorder } = await start({ features: [] });
    const misspelt = () => recorder.assertNotFired('testing.orders.plcaed');
    expect(misspelt).toThrow(RecordedEventsError);
    expect(misspelt).toThrow(
      "'testing.orders.plcaed' can't be fired by this application. Did you mean " +
        "'testing.orders.placed'? Events that it registers with LightbusModule.forFeature: " +
        "'testing.orders.placed', 'testing.orders.shipped', 'testing.stock.reserved'.",
    );
    expect(() => recorder.assertNotFired(Unregistered)).toThrow(/can't be fired/);
    expect(() => recorder.assertFired('elsewhere.*', { times: 0 })).toThrow(/can't be fired/);
    expect(() => recorder.fired('testing.orders.never')).toThrow(/can't be fired/);
  });

  it('refuses options that it does not know', async () => {
    const { bus, recorder } = await start({ features: [] });
    await bus.fire(placed('a'));
    const wrong = { time: 5 } as object;
    expect(() => recorder.assertFired(Placed, wrong)).toThrow(
      'assertFired has unknown options: time. Known: times, payload.',
    );
    await expect(recorder.whenHandled({ timeout: 5 } as object)).rejects.toThrow(
      'whenHandled has unknown options: timeout. Known: timeoutMs.',
    );
  });

  it('counts an event once that is fired again under its id', async () => {
    const { bus, recorder } = await start({ features: [] });
    await bus.fire(placed('a'), { id: 'one' });
    await bus.fire(placed('a'), { id: 'one' });
    recorder.assertFired(Placed, { times: 1 });
    expect((await bus.fire(placed('b'), { id: 'one' })).duplicate).toBe(true);
    expect(
      recorder.fired(Placed).map(({ duplicate, payload }) => [duplicate, payload.orderId]),
    ).toEqual([[false, 'a']]);
    await bus.fire(placed('a'), { id: 'other' });
    recorder.assertFired(Placed, { times: 2 });
  });

  it('asserts that an event was fired, how often and with what', async () => {
    const { bus, recorder } = await start({ features: [] });
    const line = Object.assign(new Line(), { sku: 'pear', quantity: 3 });
    await bus.fire(placed('a', [line]));
    await bus.fire(placed('b'));

    recorder.assertFired(Placed);
    recorder.assertFired('testing.orders.*', { times: 2 });
    recorder.assertFired(Placed, { times: 2 });
    recorder.assertFired(Placed, { payload: { orderId: 'a' }, times: 1 });
    recorder.assertFired(Placed, { payload: { orderId: 'b', at: new Date(0) } });
    recorder.assertFired(Placed, { payload: { lines: [{ sku: 'pear' }] } });
    recorder.assertFired(Placed, { payload: { lines: [line] } });
    recorder.assertFired(Shipped, { times: 0 });

    const failing: [() => void, RegExp][] = [
      [
        () => recorder.assertFired(Shipped),
        /^Expected Shipped to be fired at least once, found 0\./,
      ],
      [() => recorder.assertFired(Placed, { times: 1 }), /Placed to be fired once, found 2\./],
      [() => recorder.assertFired(Placed, { times: 3 }), /fired 3 times, found 2\. Fired: testing/],
      [
        () => recorder.assertFired(Placed, { payload: { orderId: 'c' } }),
        /with { orderId: 'c' }, found 0\. Fired: .*orderId: 'a'/s,
      ],
      [() => recorder.assertFired(Placed, { payload: { lines: [] } }), /found 0/],
      [() => recorder.assertFired(Placed, { payload: { lines: [{ sku: 'plum' }] } }), /found 0/],
      [() => recorder.assertFired(Placed, { payload: { at: new Date(1) } }), /found 0/],
      [() => recorder.assertFired(Placed, { payload: { orderId: { x: 1 } } }), /found 0/],
      [() => recorder.assertFired('testing.stock.reserved'), /Expected 'testing\.stock\.reserved'/],
    ];
    for (const [assertion, message] of failing) {
      expect(assertion).toThrow(RecordedEventsError);
      expect(assertion).toThrow(message);
    }
  });

  it('asserts that an event, or any, was not fired', async () => {
    const { bus, recorder } = await start({ features: [] });
    recorder.assertNotFired();
    await bus.fire(placed('a'));
    recorder.assertNotFired(Shipped);
    recorder.assertNotFired('testing.stock.*');
    expect(() => recorder.assertNotFired(Placed)).toThrow(
      /^Expected Placed not to be fired\. Fired: testing\.orders\.placed .*'a'/s,
    );
    expect(() => recorder.assertNotFired()).toThrow(/^Expected no event to be fired\. Fired: /);
    expect(() => recorder.assertFired(Shipped)).toThrow(/Fired: testing\.orders\.placed/);
  });

  it('refuses events that the test does not allow; nothing is stored, no listener called', async () => {
    const { bus, recorder, stock } = await start();
    recorder.allowOnly(Shipped, 'testing.stock.*');
    await bus.fire(Reserved, { orderId: 'x' });
    await bus.fire(Shipped, { orderId: 'x' });
    const refused = bus.fire(placed('a'));
    await expect(refused).rejects.toThrow(UnexpectedEventError);
    await expect(refused).rejects.toThrow(
      /^'testing\.orders\.placed' was fired, but the test allows only 'testing\.orders\.shipped', 'testing\.stock\.\*'\./,
    );
    await expect(bus.fire(Placed, placed('b'))).rejects.toThrow(UnexpectedEventError);
    const many = [Object.assign(new Shipped(), { orderId: 'y' }), placed('c')];
    await expect(bus.fireAll(many)).rejects.toThrow(UnexpectedEventError);
    await recorder.whenHandled();
    expect(recorder.names()).toEqual(['testing.stock.reserved', 'testing.orders.shipped']);
    expect(recorder.refused()).toEqual(Array<string>(3).fill('testing.orders.placed'));
    expect(stock.seen).toEqual(['counted x']);

    recorder.allowOnly(Placed);
    await bus.fire(placed('d'));
    await recorder.whenHandled();
    expect(stock.seen).toContain('reserved d');
  });

  it('names what it refused a handler, where that is why the handler does not succeed', async () => {
    const { bus, recorder } = await start();
    recorder.allowOnly(Placed);
    await bus.fire(placed('a'));
    await expect(recorder.whenHandled({ timeoutMs: 50 })).rejects.toThrow(
      /Refused, as the test does not allow it: 'testing\.stock\.reserved'/,
    );
    recorder.reset();
    await recorder.whenHandled();
  });

  it('allows nothing after allowOnly()', async () => {
    const { bus, recorder } = await start();
    recorder.allowOnly();
    await expect(bus.fire(placed('a'))).rejects.toThrow(/the test allows only no event/);
  });

  it('leaves it to the bus to refuse what is no event', async () => {
    const { bus, recorder } = await start();
    recorder.allowOnly(Placed);
    for (const value of [new NoEvent(), Object.create(null), null, 'text']) {
      await expect(bus.fire(value as object)).rejects.toThrow(EventDefinitionError);
    }
    expect(recorder.refused()).toEqual([]);
  });

  it('forgets everything on reset', async () => {
    const { bus, recorder } = await start({ features: [] });
    recorder.allowOnly(Shipped);
    await bus.fire(Shipped, { orderId: 'a' });
    await expect(bus.fire(placed('a'))).rejects.toThrow(UnexpectedEventError);
    recorder.reset();
    expect(recorder.fired()).toEqual([]);
    expect(recorder.refused()).toEqual([]);
    await bus.fire(placed('a'));
    await waitFor(() => recorder.names().length === 1);
    expect(recorder.names()).toEqual(['testing.orders.placed']);
  });
});
