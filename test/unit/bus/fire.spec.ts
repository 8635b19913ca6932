import { Injectable } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { Transform, Type } from 'class-transformer';
import {
  Allow,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  Event,
  EventBus,
  EventDefinitionError,
  EventSerializationError,
  EventValidationError,
  InvalidOptionsError,
  OnEvent,
  UnknownEventError,
  type EventMessage,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { timeOfEventId } from '../../../lib/wire/event-id.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

class Address {
  @IsString() city!: string;
}

@Event('fire.placed', { version: 3, upcasters: { 1: (one) => one, 2: (two) => two } })
class Placed {
  @IsUUID() orderId!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsDate() @Type(() => Date) placedAt!: Date;
  @IsOptional() @ValidateNested() @Type(() => Address) address?: Address;
  total(): number {
    return this.quantity;
  }
}

@Event('fire.shipped')
class Shipped {
  @Allow() by?: unknown;
}

@Event('fire.pinged')
class Pinged {}

@Event('fire.stranger')
class Stranger {
  @Allow() n?: number;
}

const PLACED = {
  orderId: '8f1f1b5e-43f3-4b0c-9f6f-0c2bb2b7b3aa',
  quantity: 2,
  placedAt: new Date('2024-05-06T07:08:09.010Z'),
};

function start(api?: Record<string, unknown>) {
  return startInMemory({ events: [Placed, Shipped, Pinged], api });
}

/** The entries of the stream, as they went over the wire. */
async function entries({ app }: MemoryApplication) {
  const { store } = app.get(Stores).forApi('fire');
  const stored = await store.range('fire.*:stream', { start: '-', end: '+', count: 100 });
  return stored.map(({ fields }) => fields);
}

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => new Error('It was fired.'),
    (error: unknown) => error,
  );
}

describe('EventBus.fire', () => {
  it('stores an instance, and resolves to its message', async () => {
    const application = await start();
    const event = Object.assign(new Placed(), PLACED);
    const before = Date.now();
    const message: EventMessage<Placed> = await application.bus.fire(event);
    expect(message).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      nativeId: expect.stringMatching(/^\d+-\d+$/) as unknown,
      apiName: 'fire',
      eventName: 'placed',
      canonicalName: 'fire.placed',
      version: 3,
      storedVersion: 3,
      payload: event,
      timestamp: expect.any(Date) as unknown,
      stream: 'fire.*:stream',
      firedAt: expect.any(Date) as unknown,
      duplicate: false,
      isReplay: false,
    });
    expect(message.payload).toBe(event);
    expect(message.timestamp.getTime()).toBeGreaterThanOrEqual(before);
    expect(message.timestamp.getTime()).toBe(Number(message.nativeId.split('-')[0]));
    expect(Object.isFrozen(message)).toBe(true);
    expect(await entries(application)).toEqual([
      [
        ...['id', message.id, 'api_name', 'fire', 'event_name', 'placed', 'version', '3'],
        ...[':orderId', `"${PLACED.orderId}"`, ':quantity', '2'],
        ...[':placedAt', '"2024-05-06T07:08:09.010Z"'],
        ...['', `{"firedAt": "${message.firedAt?.toISOString()}"}`],
      ],
    ]);
  });

  it('makes an instance of a plain payload', async () => {
    const { bus } = await start();
    const address = { city: 'Lisbon' };
    const { payload } = await bus.fire(Placed, { ...PLACED, address });
    expect(payload).toBeInstanceOf(Placed);
    expect(payload.total()).toBe(2);
    expect(payload.address).toBeInstanceOf(Address);
  });

  it('takes an instance together with its class', async () => {
    const { bus } = await start();
    const event = Object.assign(new Placed(), PLACED);
    expect((await bus.fire(Placed, event)).payload).toBe(event);
  });

  it('takes an event without properties, with and without a payload', async () => {
    const application = await start();
    await application.bus.fire(Pinged, {});
    await application.bus.fire(Pinged);
    await application.bus.fire(new Pinged());
    const names = (await entries(application)).map((fields) =>
      fields?.filter((_, i) => i % 2 === 0),
    );
    const own = ['id', 'api_name', 'event_name', 'version', ''];
    expect(names).toEqual([own, own, own]);
  });

  it('gives each event an id of its own', async () => {
    const { bus } = await start();
    const messages = await Promise.all([1, 2, 3].map(() => bus.fire(Shipped, { by: 'air' })));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
    expect(new Set(messages.map(({ nativeId }) => nativeId)).size).toBe(3);
  });

  it('refuses an invalid event with every failed property, and sends nothing', async () => {
    const application = await start();
    const address = { city: 7 } as unknown as Address;
    const payload = { ...PLACED, orderId: 'x', quantity: 0.5, address };
    const error = await refusal(application.bus.fire(Placed, payload));
    expect(error).toBeInstanceOf(EventValidationError);
    const { canonicalName, properties, message } = error as EventValidationError;
    expect(canonicalName).toBe('fire.placed');
    expect(properties.map(({ path, value }) => [path, value])).toEqual([
      ['orderId', 'x'],
      ['quantity', 0.5],
      ['address.city', 7],
    ]);
    expect(properties.map(({ constraints }) => Object.keys(constraints).sort())).toEqual([
      ['isUuid'],
      ['isInt', 'min'],
      ['isString'],
    ]);
    expect(message).toMatch(/^'fire\.placed' was not sent.*orderId.*quantity.*address\.city/);
    expect(await entries(application)).toEqual([]);
  });

  it('refuses unknown properties, also of nested objects', async () => {
    const application = await start();
    const address = { city: 'Lisbon', street: 'x' } as Address;
    const payload = { ...PLACED, address, colour: 'red' };
    const error = await refusal(application.bus.fire(Placed, payload));
    const { properties } = error as EventValidationError;
    expect(properties.map(({ path, value }) => [path, value]).sort()).toEqual([
      ['address.street', 'x'],
      ['colour', 'red'],
    ]);
    expect(await entries(application)).toEqual([]);
  });

  it('sends it all the same with validate.outgoing off', async () => {
    const application = await start({ validate: { outgoing: false } });
    await application.bus.fire(Placed, { ...PLACED, quantity: -1, colour: 'red' } as never);
    const [fields = []] = await entries(application);
    expect(fields?.slice(8)).toEqual(
      expect.arrayContaining([':quantity', '-1', ':colour', '"red"']),
    );
  });

  it('refuses what JSON can not carry, and sends nothing', async () => {
    const application = await start();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const by of [cycle, () => 1, Symbol('s'), new Map([[1, 2]]), new Date(NaN)]) {
      const error = await refusal(application.bus.fire(Shipped, { by }));
      expect(error).toBeInstanceOf(EventSerializationError);
    }
    expect(await entries(application)).toEqual([]);
  });

  it('gives the store the time of event_fire_timeout, and ten minutes to know a given id', async () => {
    const application = await start({ event_fire_timeout: 7 });
    const { store } = application.app.get(Stores).forApi('fire');
    const append = jest.spyOn(store, 'append');
    const appendOnce = jest.spyOn(store, 'appendOnce');
    await application.bus.fire(Pinged, {});
    await application.bus.fire(Pinged, {}, { id: 'x' });
    const options = { maxLength: null, timeoutMs: 7_000 };
    expect(append.mock.calls.map((call) => call[2])).toEqual([options]);
    const once = { ...options, onceWithinMs: 600_000, areNew: false };
    expect(appendOnce.mock.calls.map((call) => call[2])).toEqual([once]);
  });

  it("makes ids of the store's time", async () => {
    const application = await start();
    const before = Date.now();
    const { id } = await application.bus.fire(Pinged, {});
    expect(timeOfEventId(id)).toBeGreaterThanOrEqual(before);
    expect(timeOfEventId(id)).toBeLessThanOrEqual(Date.now());
  });

  it('refuses an event that no module registered, and says how to', async () => {
    const application = await start();
    const error = await refusal(application.bus.fire(Stranger, { n: 1 }));
    expect(error).toBeInstanceOf(UnknownEventError);
    expect((error as Error).message).toContain('LightbusModule.forFeature([Stranger])');
    expect(await refusal(application.bus.fire(new Stranger()))).toBeInstanceOf(UnknownEventError);
    expect(await entries(application)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a plain object', { orderId: 'x' }],
    ['an object without prototype', Object.create(null)],
    ['a class without @Event', class NoEvent {}],
    ['a subclass of an event', class Child extends Placed {}],
    ['null', null],
    ['undefined', undefined],
    ['a text', 'fire.placed'],
  ])('refuses %s, which is no event', async (_, value) => {
    const { bus } = await start();
    const error = await refusal(bus.fire(value as object));
    expect(error).toBeInstanceOf(EventDefinitionError);
    // Not that there is no such option.
    const withPayload = await refusal(bus.fire(value as never, { orderId: 'x' } as never));
    expect(withPayload).toBeInstanceOf(EventDefinitionError);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [1]],
    ['a text', 'x'],
  ])('refuses %s as payload', async (_, payload) => {
    const { bus } = await start();
    const error = await refusal(bus.fire(Shipped, payload as never));
    expect(error).toBeInstanceOf(EventValidationError);
  });

  it.each<[string, unknown]>([
    ['an empty id', { id: '' }],
    ['an id that is no text', { id: 5 }],
    ['an id with half a character, which UTF-8 does not have', { id: 'a\ud83d' }],
    ['an unknown option, so that a retry is not unsafe', { ID: 'x' }],
    ['options that are none', 'x'],
  ])('refuses %s, and sends nothing', async (_, options) => {
    const application = await start();
    for (const firing of [
      application.bus.fire(Object.assign(new Shipped(), { by: 'air' }), options as object),
      application.bus.fire(Shipped, { by: 'air' }, options as object),
    ]) {
      expect(await refusal(firing)).toBeInstanceOf(InvalidOptionsError);
    }
    expect(await entries(application)).toEqual([]);
  });

  it('refuses an instance of another event as payload', async () => {
    const { bus } = await start();
    const other = Object.assign(new Shipped(), { by: 'air' });
    const error = await refusal(bus.fire(Placed, other as never));
    expect(error).toBeInstanceOf(EventDefinitionError);
  });

  it('knows an event by its class, not by a property named constructor', async () => {
    const { bus } = await start();
    const event = Object.defineProperty(new Shipped(), 'constructor', {
      value: 'someone',
      enumerable: true,
    });
    const error = await refusal(bus.fire(event));
    expect(error).toBeInstanceOf(EventValidationError);
    expect(error).toMatchObject({
      canonicalName: 'fire.shipped',
      properties: [{ path: 'constructor', value: 'someone' }],
    });
  });

  it('rejects with what a @Transform of the class throws, and sends nothing', async () => {
    @Event('fire.transformed')
    class Transformed {
      @Allow()
      @Transform(() => {
        throw new RangeError('too far');
      })
      n!: number;
    }
    const application = await startInMemory({ events: [Transformed] });
    await expect(application.bus.fire(Transformed, { n: 1 })).rejects.toThrow('too far');
    expect(await entries(application)).toEqual([]);
  });

  it('refuses to fire after the application has shut down', async () => {
    const application = await start();
    await application.close();
    await expect(application.bus.fire(Shipped, {})).rejects.toMatchObject({
      code: 'LIGHTBUS_BUS_CLOSED',
    });
  });

  it('can be used by a handler in flight while the application shuts down', async () => {
    let release: () => void = () => undefined;
    let started = false;
    @Injectable()
    class Handlers {
      fired?: EventMessage<Shipped>;
      constructor(private readonly bus: EventBus) {}
      @OnEvent(Pinged, { listenerName: 'in_flight' })
      async handle() {
        started = true;
        await new Promise<void>((resolve) => (release = resolve));
        this.fired = await this.bus.fire(Shipped, { by: 'handler' });
      }
    }
    const { app, bus } = await startInMemory({
      events: [Shipped, Pinged],
      providers: [Handlers],
    });
    const handlers = app.get(Handlers);
    await bus.fire(new Pinged());
    await waitFor(() => started);
    const closing = app.close();
    release();
    await closing;
    expect(handlers.fired?.payload).toEqual({ by: 'handler' });
  });

  it('warns at the start of an event class that class-validator knows no rule of', async () => {
    const { logs } = await start();
    const warnings = logs.filter((line) => line.includes('class-validator knows no rule'));
    expect(warnings).toEqual([expect.stringContaining('event class Pinged')]);
  });
});
