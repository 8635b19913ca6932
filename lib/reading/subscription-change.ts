import type { ConsumerRef } from '../store/consumer-groups.js';
import type { GroupState } from '../store/group-state.js';
import type { ReadingNews } from './reading-news.js';

/** A change of a subscription's state, for logs. */
export type SubscriptionChange =
  /** Of one of its streams. */
  | ReadingNews
  /** A stream is read from now on. */
  | { readonly kind: 'opened'; readonly ref: ConsumerRef; readonly group: GroupState }
  /** The group had vanished, and was made again where it had stopped. */
  | { readonly kind: 'remade'; readonly ref: ConsumerRef; readonly group: GroupState }
  /** Every group exists for the first time, if there are any streams yet. */
  | { readonly kind: 'started' }
  /** Reading failed, again perhaps. */
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      /** The how many-th time in a row. */
      readonly attempt: number;
      /** When it is tried again, ms from now. */
      readonly retryInMs: number;
    }
  /** Reading goes well: for the first time since it began, or since it failed. */
  | { readonly kind: 'recovered' };
