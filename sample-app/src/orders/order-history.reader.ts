import { Logger } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { EventBus, EventMessage } from 'nestjs-lightbus';
import { ALL_ORDER_EVENTS, ORDER_EVENTS, type OrderEvent } from './order.events.js';

/**
 * Builds a state from the history of all orders and keeps it up to date: hands each event to
 * `apply` once, oldest first. The state lives in memory and so does the position in the history,
 * so they are always lost together and rebuilt together.
 */
export class OrderHistoryReader {
  private readonly logger = new Logger(OrderHistoryReader.name);
  private position: string | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly apply: (event: OrderEvent, message: EventMessage) => void,
  ) {}

  /** Reads on from the last known entry: the first call reads all of history, later ones the rest. */
  async catchUp(): Promise<void> {
    const since = this.position ?? 'beginning';
    for await (const message of this.bus.history(ALL_ORDER_EVENTS, { since })) {
      // `since` includes the last known entry, and calls may run side by side. Each of them meets
      // the entries in order, so what is not after the position has been applied by one of them.
      if (this.hasSeen(message.nativeId)) continue;
      this.position = message.nativeId;
      const event = this.toOrderEvent(message);
      if (event) this.apply(event, message);
    }
  }

  /** Whether the state includes this entry already. */
  hasSeen(nativeId: string): boolean {
    return this.position !== undefined && compareEntryIds(nativeId, this.position) <= 0;
  }

  /**
   * The event as an instance of its class. What our classes can't make sense of (an older shape, a
   * later event) is left out with a warning: one such entry must not keep the store from starting.
   */
  private toOrderEvent(message: EventMessage): OrderEvent | undefined {
    const eventClass = ORDER_EVENTS.get(message.eventName);
    if (eventClass) {
      const event = plainToInstance(eventClass, message.payload);
      if (validateSync(event).length === 0) return event;
    }
    this.logger.warn(
      `Left out: entry ${message.nativeId} of ${message.stream}, because this version of the ` +
        `store does not understand it as ${message.canonicalName}.`,
    );
    return undefined;
  }
}

/** Compares `<ms>-<seq>` by number; as text, `5-10` would come before `5-9`. */
function compareEntryIds(a: string, b: string): number {
  const [aMs, aSeq] = a.split('-').map(Number);
  const [bMs, bSeq] = b.split('-').map(Number);
  return (aMs ?? 0) - (bMs ?? 0) || (aSeq ?? 0) - (bSeq ?? 0);
}
