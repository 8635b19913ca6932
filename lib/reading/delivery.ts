import type { PendingEntry } from '../store/consumer-groups.js';

/** From where an entry was read, and for whom. */
export interface DeliveryPlace {
  /** The API that the stream belongs to; the entry itself may name another. */
  readonly streamApi: string;
  readonly stream: string;
  readonly consumerGroup: string;
}

/** One entry handed to this process, as it is stored, to be acknowledged or set aside. */
export interface Delivery extends PendingEntry, DeliveryPlace {
  /** Whether its handler is to stop: another consumer has taken the entry over, or no time is left. */
  readonly isStopped: boolean;
  /** Aborted when its handler is to stop. Made when it is asked for: few handlers ever do. */
  readonly signal: AbortSignal;
}
