import { describe, expect, it } from '@jest/globals';
import { OrderCancelled, OrderExpired, OrderPaid } from '../src/orders/order.events.js';
import { Order } from '../src/orders/order.js';
import { placed } from './test-store.js';

// The rules of orders, on a plain object: nothing is started, nothing is stored.

function placedOrder(): Order {
  const order = new Order();
  order.onPlaced(placed('tea-1'));
  return order;
}

function paidOrder(): Order {
  const order = placedOrder();
  order.onPaid();
  return order;
}

describe('an order', () => {
  it('is paid what its lines cost', () => {
    const event = placedOrder().pay();
    expect(event).toBeInstanceOf(OrderPaid);
    expect(event).toMatchObject({ orderId: 'tea-1', customer: 'ada@example.com' });
    expect(event.amountCents).toBe(2 * 1250 + 3 * 199);
  });

  it('is changed by events only, not by the commands that return them', () => {
    const order = placedOrder();
    order.pay();
    expect(order.status).toBe('placed');
    order.onPaid();
    expect(order.status).toBe('paid');
  });

  it('is shipped once it is paid', () => {
    expect(() => placedOrder().ship('post')).toThrow("Can't ship order 'tea-1': it is placed.");
    expect(paidOrder().ship('pigeon')).toMatchObject({ carrier: 'pigeon' });
  });

  it('can be cancelled until it is shipped', () => {
    expect(placedOrder().cancel('late')).toBeInstanceOf(OrderCancelled);
    const order = paidOrder();
    expect(order.cancel()).toBeInstanceOf(OrderCancelled);
    order.onShipped();
    expect(() => order.cancel()).toThrow("Can't cancel order 'tea-1': it is shipped.");
  });

  it('is placed once', () => {
    expect(() => placedOrder().place(placed('tea-1'))).toThrow(
      "Can't place order 'tea-1': it is placed.",
    );
  });

  it('expires only as long as it waits for its payment, and to ask does no harm', () => {
    expect(placedOrder().expire()).toBeInstanceOf(OrderExpired);
    expect(paidOrder().expire()).toBeUndefined();
    const order = placedOrder();
    order.onExpired();
    expect(order.expire()).toBeUndefined();
    expect(() => order.pay()).toThrow('it is expired');
  });
});
