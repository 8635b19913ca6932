import type { OrderEvent, OrderLine, OrderPlaced } from './order.events.js';
import { OrderCancelled, OrderPaid, OrderShipped } from './order.events.js';
import { CommandRefusedError } from './orders.errors.js';

export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'cancelled';

const ALLOWED_IN = {
  pay: ['placed'],
  ship: ['paid'],
  cancel: ['placed', 'paid'],
} as const satisfies Record<string, readonly OrderStatus[]>;

export type OrderCommand = keyof typeof ALLOWED_IN;

/**
 * What the events of one order add up to. Pure and immutable: no clock, no I/O, and the same
 * events always give the same order, which is what makes the history a source of truth.
 */
export class Order {
  private constructor(
    readonly orderId: string,
    readonly customer: string,
    readonly lines: readonly OrderLine[],
    readonly totalCents: number,
    readonly status: OrderStatus,
  ) {}

  /** An order as it is when it was placed. */
  static placed({ orderId, customer, lines }: OrderPlaced): Order {
    const total = lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0);
    return new Order(orderId, customer, lines, total, 'placed');
  }

  /**
   * The order after one more event. An event is a fact: commands can be refused, it can't. One
   * that says nothing new, like a second `placed`, changes nothing.
   */
  after(event: OrderEvent): Order {
    if (event instanceof OrderPaid) return this.with('paid');
    if (event instanceof OrderShipped) return this.with('shipped');
    if (event instanceof OrderCancelled) return this.with('cancelled');
    return this;
  }

  /** @throws CommandRefusedError when the order does not take the command as it stands. */
  mustAllow(command: OrderCommand): void {
    const allowedIn: readonly OrderStatus[] = ALLOWED_IN[command];
    if (!allowedIn.includes(this.status)) {
      throw new CommandRefusedError(command, this.orderId, this.status);
    }
  }

  private with(status: OrderStatus): Order {
    return new Order(this.orderId, this.customer, this.lines, this.totalCents, status);
  }
}
