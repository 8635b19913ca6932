import { Aggregate, Apply } from 'nestjs-lightbus';
import { eventOf } from '../event-of.js';
import {
  type Currency,
  ORDER_EVENTS,
  OrderCancelled,
  OrderExpired,
  type OrderFact,
  type OrderLine,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
  totalCentsOf,
} from './order.events.js';
import { CommandRefusedError } from './orders.errors.js';

export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'cancelled' | 'expired';

/** What somebody wants to order. */
export type OrderWish = Pick<OrderPlaced, 'orderId' | 'customer' | 'currency' | 'lines'>;

/**
 * An order: what its events add up to, and what may happen to it next. A plain object: no clock, no
 * I/O, nothing injected.
 *
 * A command looks at the order and returns the event that it leads to, or refuses. It changes nothing:
 * that is what the methods with `@Apply` do, which only copy what has happened and never refuse.
 */
@Aggregate({ events: [...ORDER_EVENTS] })
export class Order {
  orderId!: string;
  customer!: string;
  currency!: Currency;
  lines!: OrderLine[];
  totalCents = 0;
  /** `undefined` as long as nobody has placed it. */
  status?: OrderStatus;

  place(wish: OrderWish): OrderPlaced {
    if (this.status) throw new CommandRefusedError('place', wish.orderId, this.status);
    return eventOf(OrderPlaced, { ...wish, placedAt: new Date() });
  }

  pay(): OrderPaid {
    this.mustBe('pay', 'placed');
    return eventOf(OrderPaid, this.about({ amountCents: this.totalCents, paidAt: new Date() }));
  }

  ship(carrier: string): OrderShipped {
    this.mustBe('ship', 'paid');
    return eventOf(OrderShipped, this.about({ carrier, shippedAt: new Date() }));
  }

  cancel(reason?: string): OrderCancelled {
    this.mustBe('cancel', 'placed', 'paid');
    return eventOf(OrderCancelled, this.about({ reason, cancelledAt: new Date() }));
  }

  /** Nothing happens where it has been paid, cancelled or expired meanwhile: to ask late does no harm. */
  expire(): OrderExpired | undefined {
    if (this.status !== 'placed') return undefined;
    return eventOf(OrderExpired, this.about({ expiredAt: new Date() }));
  }

  @Apply(OrderPlaced)
  onPlaced(event: OrderPlaced): void {
    const { orderId, customer, currency, lines } = event;
    Object.assign(this, { orderId, customer, currency, lines, totalCents: totalCentsOf(event) });
    this.status = 'placed';
  }

  @Apply(OrderPaid)
  onPaid(): void {
    this.status = 'paid';
  }

  @Apply(OrderShipped)
  onShipped(): void {
    this.status = 'shipped';
  }

  @Apply(OrderCancelled)
  onCancelled(): void {
    this.status = 'cancelled';
  }

  @Apply(OrderExpired)
  onExpired(): void {
    this.status = 'expired';
  }

  private mustBe(command: string, ...allowed: OrderStatus[]): void {
    if (this.status && allowed.includes(this.status)) return;
    throw new CommandRefusedError(command, this.orderId, this.status ?? 'not there');
  }

  private about<T extends object>(facts: T): T & OrderFact {
    const { orderId, customer } = this;
    return { orderId, customer, ...facts };
  }
}
