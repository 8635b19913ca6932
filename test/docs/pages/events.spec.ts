import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Type } from '@nestjs/common';
import {
  Aggregates,
  EventBus,
  EventValidationError,
  LightbusModule,
  type EventMessage,
} from 'nestjs-lightbus';
import { startApplication } from '../../e2e/application.js';
import { configFor } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
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
interface Customers {
  register(customerId: string, email: string): Promise<void>;
  welcome(event: object): Promise<void>;
  erase(customerId: string): Promise<void>;
}
interface CustomersFile {
  readonly CustomerRegistered: Type<{ readonly customerId: string; readonly email: string }>;
  readonly Customers: Type<Customers>;
  unseal(sealed: string, key: Buffer): string;
}
interface Mail {
  readonly sent: string[];
  isDown: boolean;
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

  it('has personal data that is unreadable without its key, and removes what is stored', async () => {
    const { CustomerRegistered, Customers, unseal } =
      await page.load<CustomersFile>('customers.ts');
    const { Keys } = await page.load<{ Keys: Type<object> }>('keys.ts');
    const { Mail } = await page.load<{ Mail: Type<Mail> }>('mail.ts');
    const { Customer } = await page.load<{ Customer: Type<{ email?: string }> }>('customer.ts');
    const redis = await startRedis({ conf: { rdbcompression: 'no' } });
    const client = redis.client();
    const { app, bus, logs } = await startApplication({
      ...{ url: redis.url, service: 'store', events: [CustomerRegistered] },
      providers: [Customers, Keys, Mail],
      options: { listeners: { welcome: { onError: 'dead_letter', maxAttempts: 1 } } },
    });
    const [customers, mail] = [app.get<Customers>(Customers), app.get<Mail>(Mail)];
    const commands = commandsIn(page.code('sh', 'XDEL'));
    const [inspect = [], xdel = [], unlink = [], list = [], discard = []] = commands;
    const customerId = /customerId=(\S+)/.exec(inspect.join(' '))?.[1] ?? '';
    const stream = xdel[2] ?? '';

    await customers.register(customerId, 'ada@example.com');
    await waitFor(() => mail.sent.length === 1);
    expect(mail.sent).toEqual(['ada@example.com']);
    const sealed = JSON.stringify(await client.xrange(stream, '-', '+'));
    const [registered] = (await Readable.from(
      bus.history(CustomerRegistered),
    ).toArray()) as EventMessage<InstanceType<typeof CustomerRegistered>>[];
    const payload = registered!.payload;
    expect(sealed).toContain(payload.email);
    expect(sealed).not.toContain('ada@example.com');
    expect(() => unseal(payload.email, Buffer.alloc(32))).toThrow();
    const unsealed = bus.fire(CustomerRegistered, { customerId, email: 'ada@example.com' });
    await expect(unsealed).rejects.toThrow(EventValidationError);
    await customers.erase(customerId);
    await customers.welcome(payload);
    expect(mail.sent).toHaveLength(1);

    // Once more, with a copy among the dead letters; a neighbour stays.
    mail.isDown = true;
    await customers.register(customerId, 'ada@example.com');
    await customers.register(ORDER_ID, 'bob@example.com');
    const deadLetters = () => client.xlen(`lightbus:dead_letters:{${stream}}:store-welcome`);
    await waitFor(async () => (await deadLetters()) === 2);
    const aggregates = app.get(Aggregates);
    const load = (id: string) => aggregates.load(Customer, id);
    expect(await load(customerId)).toMatchObject({ version: 2 });
    expect(await load(ORDER_ID)).toMatchObject({ version: 1 });
    await waitFor(async () => (await client.exists(unlink[2] ?? '')) === 1);

    const env = { LIGHTBUS_CONFIG: configFor(redis.url) };
    const jsonOf = async (words: readonly string[]) => {
      const { stdout } = await runLightbus(words, { env });
      return stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as unknown] : []));
    };
    const printed = await Promise.all([inspect, list].map(jsonOf));
    const found = printed[0] as { native_id: string; payload: { email: string } }[];
    const [letter] = printed[1] as { id: string }[];
    expect(found[0]?.payload.email).toBe(payload.email);
    const [first = '', second = ''] = found.map(({ native_id }) => native_id);
    expect(await client.xdel(stream, first)).toBe(1);
    expect(await load(customerId)).toMatchObject({ version: 1, state: expect.any(Customer) });
    expect(await client.xdel(stream, second)).toBe(1);
    expect(await load(customerId)).toEqual({ version: 0, state: new Customer() });
    expect(await load(ORDER_ID)).toMatchObject({ version: 1 });
    expect(await client.unlink(unlink[2] ?? '')).toBe(1);
    const words = discard.map((word) => (/^\d+-\d+$/.test(word) ? (letter?.id ?? '') : word));
    await expect(runLightbus(words, { env })).resolves.toMatchObject({ code: 0 });
    expect(await deadLetters()).toBe(1);

    const isStored = async () => (await client.dumpBuffer(stream))?.includes(payload.email);
    expect(await isStored()).toBe(true);
    await client.xtrim(stream, 'MAXLEN', 0);
    expect(await isStored()).toBe(false);
    expect(logs.join()).not.toContain('HISTORY IS LOST');
    expect(logs.join()).not.toContain(payload.email);
  }, 60_000);

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
