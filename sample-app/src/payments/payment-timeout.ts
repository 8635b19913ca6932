import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Aggregates, type EventMessage, Listeners, Project } from 'nestjs-lightbus';
import { Order } from '../orders/order.js';
import {
  OrderCancelled,
  OrderExpired,
  type OrderFact,
  OrderPaid,
  OrderPlaced,
} from '../orders/order.events.js';

/** Injection token: how long an order waits for its payment, ms. */
export const PAYMENT_LIMIT_MS = Symbol('PAYMENT_LIMIT_MS');

const CHECK_EVERY_MS = 250;

/**
 * Lets orders expire that nobody pays in time: a process manager (or saga), which reacts to what
 * happens, and to what does not, with commands.
 *
 * What it knows is a projection: it needs no table of timers that would have to survive a restart. It
 * may know too little, because it is late or because another worker does the same: it only asks the
 * order, which decides on its own events.
 */
@Injectable()
export class PaymentTimeout implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Payments');
  private readonly dueAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private check: Promise<void> | undefined;

  constructor(
    private readonly aggregates: Aggregates,
    private readonly listeners: Listeners,
    @Inject(PAYMENT_LIMIT_MS) private readonly limitMs: number,
  ) {}

  @Project(OrderPlaced)
  placed({ orderId }: OrderPlaced, { timestamp }: EventMessage<OrderPlaced>): void {
    this.dueAt.set(orderId, timestamp.getTime() + this.limitMs);
  }

  @Project([OrderPaid, OrderCancelled, OrderExpired])
  settled({ orderId }: OrderFact): void {
    this.dueAt.delete(orderId);
  }

  /** Asks every order that is due at this moment to expire. */
  async expireDue(now: Date): Promise<void> {
    for (const [orderId, dueAt] of this.dueAt) {
      if (dueAt > now.getTime()) continue;
      const { messages } = await this.aggregates.change(Order, orderId, (order) => order.expire());
      if (messages.length > 0) this.logger.log(`Order ${orderId} was not paid in time`);
    }
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      // A process without listeners, as the one for HTTP is, leaves this to the workers.
      if (this.listeners.list().length === 0) return;
      this.check ??= this.expireDue(new Date())
        // Redis is away, perhaps: the next look will find the same orders.
        .catch((error: unknown) => this.logger.error(`Can't let orders expire: ${String(error)}`))
        .finally(() => (this.check = undefined));
    }, CHECK_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.check;
  }
}
