import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConflictException, type Type } from '@nestjs/common';
import {
  Aggregates,
  ConcurrencyError,
  EventBus,
  LightbusModule,
  type AggregateOf,
  type ChangedAggregate,
} from 'nestjs-lightbus';
import { startTesting, type Testing } from '../harness/testing.js';
import { page } from './event-sourcing.js';

interface Orders {
  place(orderId: string, quantity: number): Promise<ChangedAggregate<{ status: string }>>;
  cancel(orderId: string, reason: string): Promise<ChangedAggregate<{ status: string }>>;
}
interface OrdersFile {
  readonly OrderPlaced: Type<object>;
  readonly OrderCancelled: Type<object>;
  readonly Order: Type<{ readonly status: string }>;
  readonly Orders: Type<Orders>;
}

interface OrderForms {
  cancel(
    orderId: string,
    reason: string,
    request: { seen: number; requestId: string },
  ): Promise<ChangedAggregate<unknown>>;
}
interface AccountFile {
  readonly Deposited: Type<object>;
  readonly Account: Type<{ cents: number; deposit(deposit: object): object | undefined }>;
}

describe('docs/event-sourcing.md', () => {
  let file: OrdersFile;
  let testing: Testing;
  let orders: Orders;
  let aggregates: Aggregates;
  beforeAll(async () => {
    file = await page.load('orders.ts');
    testing = await startTesting({
      imports: [LightbusModule.forFeature([file.OrderPlaced, file.OrderCancelled])],
      providers: [file.Orders],
    });
    orders = testing.module.get(file.Orders);
    aggregates = testing.module.get(Aggregates);
  });
  afterAll(() => testing.close());

  it('has an aggregate that decides by what has happened', async () => {
    await expect(orders.cancel('o1', 'late')).rejects.toThrow('There is no order o1.');
    await orders.place('o1', 2);
    await expect(orders.place('o1', 2)).rejects.toThrow('There is an order o1 already.');
    await expect(orders.cancel('o1', 'late')).resolves.toMatchObject({ version: 2 });
    await expect(orders.cancel('o1', 'again')).resolves.toMatchObject({ version: 2, messages: [] });
    await expect(aggregates.load(file.Order, 'o1')).resolves.toMatchObject({
      state: { status: 'cancelled' },
      version: 2,
    });
    await expect(aggregates.load(file.Order, 'none')).resolves.toMatchObject({ version: 0 });
  });

  it('changes what a client has seen, or answers with 409, and says of events which request it was', async () => {
    const { OrderForms } = await page.load<{ OrderForms: Type<OrderForms> }>('order-forms.ts');
    const forms = new OrderForms(aggregates);
    await orders.place('o3', 2);
    const stale = forms.cancel('o3', 'late', { seen: 0, requestId: 'r1' });
    await expect(stale).rejects.toThrow(ConflictException);
    const { version, messages } = await forms.cancel('o3', 'late', { seen: 1, requestId: 'r2' });
    expect({ version, messages }).toMatchObject({
      version: 2,
      messages: [{ correlationId: 'r2' }],
    });
  });

  it('has an aggregate that takes a request that comes twice once, also at the same time', async () => {
    const { Account, Deposited } = await page.load<AccountFile>('account.ts');
    const bank = await startTesting({ imports: [LightbusModule.forFeature([Deposited])] });
    const accounts = bank.module.get(Aggregates);
    const deposit = (requestId: string) =>
      accounts.change(Account, 'a1', (account) =>
        account.deposit({ accountId: 'a1', requestId, cents: 5 }),
      );
    await Promise.all([deposit('r1'), deposit('r1'), deposit('r2')]);
    await expect(deposit('r1')).resolves.toMatchObject({ messages: [], state: { cents: 10 } });
    await bank.close();
  });

  it('has one of functions, and one with snapshots', async () => {
    const { OpenPieces } = await page.load<{ OpenPieces: AggregateOf<number> }>('open-pieces.ts');
    const { OrderTotal } = await page.load<{ OrderTotal: Type<{ pieces: number }> }>(
      'order-total.ts',
    );
    await orders.place('o2', 3);
    await expect(aggregates.load(OpenPieces, 'o2')).resolves.toEqual({ state: 3, version: 1 });
    await expect(aggregates.load(OrderTotal, 'o2')).resolves.toMatchObject({
      state: { pieces: 3 },
    });
    await orders.cancel('o2', 'late');
    await expect(aggregates.load(OpenPieces, 'o2')).resolves.toEqual({ state: 0, version: 2 });
  });

  it('fires what is stored only if nothing was stored before', async () => {
    const { fire } = await page.load<{ fire(bus: EventBus): Promise<void> }>('expected.ts');
    const bus = testing.module.get(EventBus);
    await fire(bus);
    await expect(aggregates.load(file.Order, 'o8')).resolves.toMatchObject({ version: 2 });
    const refused = await fire(bus).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConcurrencyError);
    expect(refused).toMatchObject({ key: 'o7', expected: 0, actual: 1 });
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
