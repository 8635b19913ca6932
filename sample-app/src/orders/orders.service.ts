import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Aggregates, EventBus, type EventMessage, Projections } from 'nestjs-lightbus';
import { Order, type OrderWish } from './order.js';
import type { OrderEvent } from './order.events.js';
import { OrderList } from './order-list.js';
import { UnknownOrderError } from './orders.errors.js';

/** Commands on orders, and what their history says. The history is all that is stored. */
@Injectable()
export class OrdersService {
  private readonly logger = new Logger('Orders');

  constructor(
    private readonly aggregates: Aggregates,
    private readonly bus: EventBus,
    private readonly projections: Projections,
  ) {}

  /** @throws CommandRefusedError where there is an order of this id. */
  place(wish: Omit<OrderWish, 'orderId'>, orderId: string = randomUUID()): Promise<Order> {
    return this.decide(orderId, (order) => order.place({ ...wish, orderId }));
  }

  /** @throws UnknownOrderError, CommandRefusedError */
  change(orderId: string, command: (order: Order) => OrderEvent): Promise<Order> {
    return this.decide(orderId, (order, { version }) => {
      if (version === 0) throw new UnknownOrderError(orderId);
      return command(order);
    });
  }

  /** The order as its events tell it. @throws UnknownOrderError */
  async get(orderId: string): Promise<Order> {
    const { state, version } = await this.aggregates.load(Order, orderId);
    if (version === 0) throw new UnknownOrderError(orderId);
    return state;
  }

  /** Everything that happened to an order, oldest first. Costs what this order's events cost. @throws UnknownOrderError */
  async history(orderId: string): Promise<EventMessage[]> {
    const messages: EventMessage[] = [];
    for await (const message of this.bus.history('store.orders.*', { key: orderId })) {
      messages.push(message);
    }
    if (messages.length === 0) throw new UnknownOrderError(orderId);
    return messages;
  }

  /**
   * Loads the order, decides, and stores the event only if nothing has happened to the order since:
   * otherwise, by another process perhaps, it decides anew. So two commands at once can't both succeed
   * where each alone may, and there is no lock.
   */
  private async decide(
    orderId: string,
    command: (order: Order, loaded: { readonly version: number }) => OrderEvent,
  ): Promise<Order> {
    const { state, messages } = await this.aggregates.change(Order, orderId, command);
    await this.whenListed(messages);
    return state;
  }

  /** Whoever lists the orders after the answer finds what the command did: read your writes. */
  private async whenListed(messages: readonly EventMessage<object>[]): Promise<void> {
    try {
      await this.projections.waitFor(OrderList, messages, { timeoutMs: 1_000 });
    } catch (error) {
      // The event is stored, which is what counts.
      this.logger.warn(`The list is behind: ${String(error)}`);
    }
  }
}
