import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Aggregates } from 'nestjs-lightbus';
import { OrderExpired } from '../src/orders/order.events.js';
import { Order } from '../src/orders/order.js';
import { PaymentTimeout } from '../src/payments/payment-timeout.js';
import { placed, TestStore } from './test-store.js';

const LIMIT_MS = 15 * 60_000;

let store: TestStore;
let timeout: PaymentTimeout;

beforeEach(async () => {
  store = await TestStore.start([placed('unpaid'), placed('paid')]);
  timeout = store.app.get(PaymentTimeout);
  await store.post('/orders/paid/pay');
});

afterEach(() => store.stop());

async function statusOf(orderId: string): Promise<string | undefined> {
  const { state } = await store.app.get(Aggregates).load(Order, orderId);
  return state.status;
}

// Whoever asks says what time it is, so no clock has to be faked.
function inMs(ms: number): Date {
  return new Date(Date.now() + ms);
}

describe('an order that is not paid', () => {
  it('expires after the time limit, not before', async () => {
    await timeout.expireDue(inMs(LIMIT_MS - 10_000));
    expect(await statusOf('unpaid')).toBe('placed');
    await timeout.expireDue(inMs(LIMIT_MS));
    expect(await statusOf('unpaid')).toBe('expired');
    expect(await statusOf('paid')).toBe('paid');
  });

  it('expires once, whoever else looks at the same time', async () => {
    const late = inMs(2 * LIMIT_MS);
    await Promise.all([1, 2, 3].map(() => timeout.expireDue(late)));
    await timeout.expireDue(late);
    store.recorder.assertFired(OrderExpired, { times: 1, payload: { orderId: 'unpaid' } });
  });

  it('and is paid at the last moment stays paid', async () => {
    const late = inMs(2 * LIMIT_MS);
    const [{ status }] = await Promise.all([
      store.post('/orders/unpaid/pay'),
      timeout.expireDue(late),
    ]);
    expect(await statusOf('unpaid')).toBe(status === 201 ? 'paid' : 'expired');
  });
});
