import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { entryTime } from '../wire/entry-id.js';
import type { ConsumerRef, PendingEntry } from '../store/consumer-groups.js';
import type { FlatFields } from '../store/entries.js';

/** One entry handed to this process, to be acknowledged or set aside. */
export interface Delivery {
  /** The API that the stream belongs to; the entry itself may name another. */
  readonly streamApi: string;
  readonly stream: string;
  readonly nativeId: string;
  /** When the store stored the entry. */
  readonly timestamp: Date;
  readonly consumerGroup: string;
  /** How often the group has handed this entry to a consumer; 1 is the first. */
  readonly deliveryCount: number;
  /** How many attempts to handle it are recorded: of processes before this one. */
  readonly attempts: number;
  /** The entry as it is stored; `null`: it is pending, but its data is gone. */
  readonly fields: FlatFields | null;
  /** The entry, deserialised; `deleted`: it is pending, but its data is gone. */
  readonly content: DecodedEntry | { readonly kind: 'deleted' };
  /** Aborted when another consumer has taken the entry over. */
  readonly signal: AbortSignal;
}

/** Deserialises an entry. Never throws, whatever the entry holds. */
export function toDelivery(
  streamApi: string,
  { stream, group }: ConsumerRef,
  { nativeId, fields, deliveryCount, attempts }: PendingEntry,
  signal: AbortSignal,
): Delivery {
  return {
    streamApi,
    stream,
    nativeId,
    timestamp: entryTime(nativeId),
    consumerGroup: group,
    deliveryCount,
    attempts,
    fields,
    content: fields ? deserialize(fields, stream, nativeId) : { kind: 'deleted' },
    signal,
  };
}
