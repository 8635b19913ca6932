import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { EventBus, type EventMessage, OnEvent } from 'nestjs-lightbus';
import { ALL_ORDER_EVENTS, type OrderEvent, OrderPlaced } from '../orders/order.events.js';
import { Order, type OrderStatus } from '../orders/order.js';
import { OrderHistoryReader } from '../orders/order-history.reader.js';

/** One line of the list of orders. */
export interface OrderSummary {
  readonly orderId: string;
  readonly customer: string;
  readonly status: OrderStatus;
  readonly totalCents: number;
  readonly placedAt: Date;
  /** When Redis stored the latest event of the order. */
  readonly changedAt: Date;
}

/**
 * The list of orders, kept in memory and fed by events: a query reads no history, but sees an event
 * a moment after it was stored.
 *
 * The listener's consumer group remembers its position over restarts; this list does not. So the
 * list is first rebuilt from the beginning of history. That ends before listeners start (they do so
 * in `onApplicationBootstrap`) and before HTTP requests are taken, so nobody sees half of it. Events
 * that the group still delivers then, because they came or were left unacknowledged while nobody
 * listened, are in the list already and are told by their entry ids.
 */
@Injectable()
export class OrdersProjection implements OnModuleInit {
  private readonly logger = new Logger('Projection');
  private readonly rows = new Map<string, { order: Order; placedAt: Date; changedAt: Date }>();
  private readonly reader: OrderHistoryReader;

  constructor(bus: EventBus) {
    this.reader = new OrderHistoryReader(bus, (event, message) => this.apply(event, message));
  }

  async onModuleInit(): Promise<void> {
    await this.reader.catchUp();
    this.logger.log(`Rebuilt from history: ${this.rows.size} orders`);
  }

  /**
   * Reads on from the last known entry instead of applying the event that was delivered: were the
   * store run as several processes, they would share this group's events out among them, and an
   * event applied alone would leave a gap for ever.
   */
  @OnEvent(ALL_ORDER_EVENTS, { listenerName: 'orders_projection' })
  async follow(_event: unknown, message: EventMessage): Promise<void> {
    if (!this.reader.hasSeen(message.nativeId)) await this.reader.catchUp();
  }

  /** All orders, in the order in which they were placed. */
  list(): OrderSummary[] {
    return [...this.rows.values()].map(({ order, placedAt, changedAt }) => {
      const { orderId, customer, status, totalCents } = order;
      return { orderId, customer, status, totalCents, placedAt, changedAt };
    });
  }

  private apply(event: OrderEvent, { timestamp: changedAt }: EventMessage): void {
    const row = this.rows.get(event.orderId);
    if (row) {
      row.order = row.order.after(event);
      row.changedAt = changedAt;
    } else if (event instanceof OrderPlaced) {
      const order = Order.placed(event);
      this.rows.set(event.orderId, { order, placedAt: event.placedAt, changedAt });
    }
  }
}
