import { Injectable, type OnModuleInit } from '@nestjs/common';
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

interface StoredOrder {
  order: Order;
  /** Where the order's first and last event are, which bounds what its history has to read. */
  firstEntry: string;
  lastEntry: string;
}

/**
 * Orders, rebuilt from their history. Before each answer it reads what has been appended since the
 * last one, by whatever process, so a command is never checked against a stale order.
 *
 * All orders are kept in memory between answers, which serves a store with up to some millions.
 * Beyond that, give each shard of the orders an API (a stream) of its own.
 */
@Injectable()
export class OrdersRepository implements OnModuleInit {
  private readonly orders = new Map<string, StoredOrder>();
  private readonly reader: OrderHistoryReader;

  constructor(private readonly bus: EventBus) {
    this.reader = new OrderHistoryReader(bus, (event, message) => this.apply(event, message));
  }

  /** Reads all of history once, so that the first command does not have to wait for it. */
  async onModuleInit(): Promise<void> {
    await this.reader.catchUp();
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
    await this.reader.catchUp();
    const stored = this.orders.get(orderId);
    if (!stored) throw new UnknownOrderError(orderId);
    const range = { since: stored.firstEntry, until: stored.lastEntry };
    const entries: HistoryEntry[] = [];
    for await (const message of this.bus.history(ALL_ORDER_EVENTS, range)) {
      if (message.payload['orderId'] === orderId) entries.push(toHistoryEntry(message));
    }
    return entries;
  }

  private apply(event: OrderEvent, { nativeId }: EventMessage): void {
    const stored = this.orders.get(event.orderId);
    if (stored) {
      stored.order = stored.order.after(event);
      stored.lastEntry = nativeId;
    } else if (event instanceof OrderPlaced) {
      const order = Order.placed(event);
      this.orders.set(event.orderId, { order, firstEntry: nativeId, lastEntry: nativeId });
    }
  }
}

function toHistoryEntry(message: EventMessage): HistoryEntry {
  const { id, nativeId, canonicalName, timestamp, payload } = message;
  return { id, nativeId, event: canonicalName, storedAt: timestamp, payload };
}
