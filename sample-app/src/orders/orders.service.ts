import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EventBus, type EventMessage } from 'nestjs-lightbus';
import { KeyedLock } from './keyed-lock.js';
import {
  OrderCancelled,
  type OrderEvent,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
} from './order.events.js';
import { Order, type OrderCommand } from './order.js';
import type { CancelOrderDto, PlaceOrderDto, ShipOrderDto } from './orders.dto.js';
import { CommandRefusedError } from './orders.errors.js';
import { OrdersRepository } from './orders.repository.js';

/**
 * Commands on orders. Each is checked against the order as its history tells it, then fires one
 * event. Nothing else is written anywhere: when `fire` resolves, Redis has stored what happened.
 */
@Injectable()
export class OrdersService {
  /**
   * Between the check and the event no other command may change the order, or it could be paid
   * twice. This holds within one process. Redis Streams can't refuse an event because another one
   * came first, so to run several processes either send all commands of one order to the same
   * process, or hold a lock on Redis while checking and firing.
   */
  private readonly lock = new KeyedLock();

  constructor(
    private readonly bus: EventBus,
    private readonly orders: OrdersRepository,
  ) {}

  /** @throws CommandRefusedError when there is an order with this id. */
  async place({ orderId = randomUUID(), customer, lines }: PlaceOrderDto): Promise<Order> {
    return this.lock.run(orderId, async () => {
      const existing = await this.orders.find(orderId);
      if (existing) throw new CommandRefusedError('place', orderId, existing.status);
      const placedAt = new Date();
      const { payload } = await this.bus.fire(OrderPlaced, { orderId, customer, lines, placedAt });
      return Order.placed(payload);
    });
  }

  /** @throws UnknownOrderError, CommandRefusedError */
  async pay(orderId: string): Promise<Order> {
    return this.change(orderId, 'pay', ({ customer, totalCents: amountCents }) =>
      this.bus.fire(OrderPaid, { orderId, customer, amountCents, paidAt: new Date() }),
    );
  }

  /** @throws UnknownOrderError, CommandRefusedError */
  async ship(orderId: string, { carrier = 'post' }: ShipOrderDto): Promise<Order> {
    return this.change(orderId, 'ship', ({ customer }) =>
      this.bus.fire(OrderShipped, { orderId, customer, carrier, shippedAt: new Date() }),
    );
  }

  /** @throws UnknownOrderError, CommandRefusedError */
  async cancel(orderId: string, { reason }: CancelOrderDto): Promise<Order> {
    return this.change(orderId, 'cancel', ({ customer }) =>
      this.bus.fire(OrderCancelled, { orderId, customer, reason, cancelledAt: new Date() }),
    );
  }

  private async change(
    orderId: string,
    command: OrderCommand,
    fire: (order: Order) => Promise<EventMessage<OrderEvent>>,
  ): Promise<Order> {
    return this.lock.run(orderId, async () => {
      const order = await this.orders.get(orderId);
      order.mustAllow(command);
      const { payload } = await fire(order);
      return order.after(payload);
    });
  }
}
