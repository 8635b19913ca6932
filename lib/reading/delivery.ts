import type { PendingEntry } from '../store/consumer-groups.js';

/** One entry handed to this process, as it is stored, to be acknowledged or set aside. */
export interface Delivery extends PendingEntry {
  /** The API that the stream belongs to; the entry itself may name another. */
  readonly streamApi: string;
  readonly stream: string;
  readonly consumerGroup: string;
  /** Aborted when another consumer has taken the entry over. */
  readonly signal: AbortSignal;
}
