import { Injectable } from '@nestjs/common';
import { type EventMessage, Project } from 'nestjs-lightbus';
import type { Order, OrderStatus } from './order.js';
import {
  OrderCancelled,
  OrderExpired,
  type OrderFact,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
  totalCentsOf,
} from './order.events.js';

/** One line of the list of orders. */
export interface OrderSummary extends Pick<
  Order,
  'orderId' | 'customer' | 'currency' | 'totalCents' | 'status'
> {
  readonly placedAt: Date;
  /** When Redis stored the latest event of the order. */
  readonly changedAt: Date;
}

/**
 * The list of orders: a read model in memory. It is made anew of all of history at each start, before
 * the first request is taken, and follows what happens from then on.
 */
@Injectable()
export class OrderList {
  private readonly orders = new Map<string, OrderSummary>();

  @Project(OrderPlaced)
  placed(event: OrderPlaced, { timestamp }: EventMessage<OrderPlaced>): void {
    // A second `placed` of an order, which only another service could have stored, says nothing new.
    if (this.orders.has(event.orderId)) return;
    const { orderId, customer, currency, placedAt } = event;
    const totalCents = totalCentsOf(event);
    const order = { orderId, customer, currency, totalCents, placedAt, changedAt: timestamp };
    this.orders.set(orderId, { ...order, status: 'placed' });
  }

  @Project([OrderPaid, OrderShipped, OrderCancelled, OrderExpired])
  changed({ orderId }: OrderFact, { eventName, timestamp }: EventMessage<OrderFact>): void {
    const order = this.orders.get(orderId);
    if (!order) return;
    const status = eventName as OrderStatus;
    this.orders.set(orderId, { ...order, status, changedAt: timestamp });
  }

  /** All orders, in the order in which they were placed. */
  all(): OrderSummary[] {
    return [...this.orders.values()];
  }
}
