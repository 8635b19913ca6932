import { Injectable, Logger } from '@nestjs/common';
import { EventBus, type EventMessage, OnEvent } from 'nestjs-lightbus';
import { OrderCancelled, OrderExpired, OrderPlaced, OrderShipped } from '../orders/order.events.js';
import { MailSent } from './mail.events.js';
import { MailOutage } from './mail-outage.js';

type Notable = OrderPlaced | OrderShipped | OrderCancelled | OrderExpired;

/**
 * Sends mail: an effect outside of history, which a projection must not have, because it starts anew
 * at each start. A listener goes on where it was, once in the whole service.
 *
 * One listener for several events, so that a customer hears of them in order. What can't be sent after
 * some attempts is set aside as a dead letter, and what follows is sent.
 */
@Injectable()
export class Mailer {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly bus: EventBus,
    private readonly outage: MailOutage,
  ) {}

  @OnEvent([OrderPlaced, OrderShipped, OrderCancelled, OrderExpired], {
    listenerName: 'send_mail',
    onError: 'dead_letter',
    maxAttempts: 2,
  })
  async send(event: Notable, { id, eventName }: EventMessage<Notable>): Promise<void> {
    if (this.outage.on) throw new Error('The mail server does not answer.');
    const { orderId, customer: to } = event;
    const subject = `Your order ${orderId} was ${eventName}`;
    // An event may come twice, after a crash for example. A mail server takes an idempotency key for
    // that; the id is the same each time.
    const mailId = `mail-for-${id}`;
    this.logger.log(`To ${to}: ${subject}`);
    await this.bus.fire(MailSent, { orderId, to, subject, sentAt: new Date() }, { id: mailId });
  }
}
