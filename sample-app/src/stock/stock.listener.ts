import { Injectable, Logger } from '@nestjs/common';
import { type EventMessage, OnEvent } from 'nestjs-lightbus';
import { HandledEvents } from '../handled-events.js';
import { OrderCancelled, OrderPlaced } from '../orders/order.events.js';

/**
 * Would keep the warehouse's books in a database of its own. Each listener name is a durable reader
 * with its own position, so one that fails or is slow does not hold up the other.
 */
@Injectable()
export class StockListener {
  private readonly logger = new Logger('Stock');
  private readonly reserved = new HandledEvents();
  private readonly released = new HandledEvents();

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock' })
  async reserve({ orderId, lines }: OrderPlaced, message: EventMessage<OrderPlaced>) {
    await this.reserved.once(message, () => {
      const items = lines.map((line) => `${line.quantity} x ${line.sku}`).join(', ');
      this.logger.log(`Reserved ${items} for order ${orderId}`);
    });
  }

  @OnEvent(OrderCancelled, { listenerName: 'release_stock' })
  async release({ orderId }: OrderCancelled, message: EventMessage<OrderCancelled>) {
    await this.released.once(message, () => {
      this.logger.log(`Released what was reserved for order ${orderId}`);
    });
  }
}
