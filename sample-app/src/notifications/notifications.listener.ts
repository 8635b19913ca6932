import { Injectable, Logger } from '@nestjs/common';
import { type EventMessage, OnEvent } from 'nestjs-lightbus';
import { HandledEvents } from '../handled-events.js';
import { OrderCancelled, OrderPlaced, OrderShipped } from '../orders/order.events.js';

type Notable = OrderPlaced | OrderShipped | OrderCancelled;

/** Would send mail. One listener for several events, so a customer hears of them in order. */
@Injectable()
export class NotificationsListener {
  private readonly logger = new Logger('Notifications');
  private readonly sent = new HandledEvents();

  @OnEvent([OrderPlaced, OrderShipped, OrderCancelled], { listenerName: 'notify_customer' })
  async notify(event: Notable, message: EventMessage<Notable>) {
    await this.sent.once(message, () => {
      this.logger.log(`To ${event.customer}: your order ${event.orderId} was ${message.eventName}`);
    });
  }
}
