import { Injectable } from '@nestjs/common';
import { EventBus, type EventMessage } from 'nestjs-lightbus';
import { ALL_ORDER_EVENTS, type OrderEvent, OrderPlaced } from './order.events.js';
import { Order } from './order.js';
import { OrderHistoryReader } from './order-history.reader.js';
import { UnknownOrderError } from './orders.errors.js';

/** One event of an order, as `GET /orders/:id/history` shows it. */
export interface HistoryEntry {
  /** Lightbus id of the event. */
  readonly id: string;
  /** Its place in the stream. */
  readonly nativeId: string;
  /** `store.orders.paid` */
  readonly event: string;
  /** When Redis stored it. */
  readonly storedAt: Date;
  readonly payload: unknown;
}

/**
 * Orders, rebuilt from their history. Before each answer it reads what has been appended since the
 * last one, by whatever process, so a command is never checked against a stale order.
 *
 * All orders are kept in memory between answers, which serves a store with up to some millions.
 * Beyond that, give each shard of the orders an API (a stream) of its own.
 */
@Injectable()
export class OrdersRepository {
  private readonly orders = new Map<string, { order: Order; placedEntry: string }>();
  private readonly reader: OrderHistoryReader;

  constructor(private readonly bus: EventBus) {
    this.reader = new OrderHistoryReader(bus, (event, message) => this.apply(event, message));
  }

  /** The order as of now; `undefined` where no event speaks of it. */
  async find(orderId: string): Promise<Order | undefined> {
    await this.reader.catchUp();
    return this.orders.get(orderId)?.order;
  }

  /** The order as of now. @throws UnknownOrderError */
  async get(orderId: string): Promise<Order> {
    const order = await this.find(orderId);
    if (!order) throw new UnknownOrderError(orderId);
    return order;
  }

  /** Everything that happened to an order, oldest first. @throws UnknownOrderError */
  async history(orderId: string): Promise<HistoryEntry[]> {
    await this.get(orderId);
    const since = this.orders.get(orderId)?.placedEntry;
    const entries: HistoryEntry[] = [];
    for await (const message of this.bus.history(ALL_ORDER_EVENTS, { since })) {
      if (message.payload['orderId'] === orderId) entries.push(toHistoryEntry(message));
    }
    return entries;
  }

  private apply(event: OrderEvent, { nativeId }: EventMessage): void {
    const known = this.orders.get(event.orderId);
    if (known) {
      known.order = known.order.after(event);
    } else if (event instanceof OrderPlaced) {
      this.orders.set(event.orderId, { order: Order.placed(event), placedEntry: nativeId });
    }
  }
}

function toHistoryEntry(message: EventMessage): HistoryEntry {
  const { id, nativeId, canonicalName, timestamp, payload } = message;
  return { id, nativeId, event: canonicalName, storedAt: timestamp, payload };
}
