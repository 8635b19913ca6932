import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from 'nestjs-lightbus';
import { OrderCancelled, OrderExpired, OrderPlaced } from '../orders/order.events.js';

/**
 * Would keep the warehouse's books in a database of its own. Each listener name is a durable reader
 * with its own position, so one that fails or is slow does not hold up the other. An event may come
 * twice, after a crash for example: the book of an order is written by its id, so that nothing is
 * reserved twice.
 */
@Injectable()
export class StockListener {
  private readonly logger = new Logger('Stock');

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock' })
  reserve({ orderId, lines }: OrderPlaced): void {
    const items = lines.map((line) => `${line.quantity} x ${line.sku}`).join(', ');
    this.logger.log(`Reserved ${items} for order ${orderId}`);
  }

  @OnEvent([OrderCancelled, OrderExpired], { listenerName: 'release_stock' })
  release({ orderId }: OrderCancelled | OrderExpired): void {
    this.logger.log(`Released what was reserved for order ${orderId}`);
  }
}
