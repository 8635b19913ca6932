import type { ConsumerRef } from '../store/consumer-groups.js';
import type { GroupState, VanishedHistory } from '../store/group-state.js';

/** A change of a subscription's state, for logs. */
export type SubscriptionChange =
  /** A stream is read from now on. */
  | { readonly kind: 'opened'; readonly ref: ConsumerRef; readonly group: GroupState }
  /** The group had vanished, and was made again where it had stopped. */
  | { readonly kind: 'remade'; readonly ref: ConsumerRef; readonly group: GroupState }
  /** Every group exists for the first time, if there are any streams yet. */
  | { readonly kind: 'started' }
  /** Reading failed, again perhaps. */
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'recovered' }
  /** Keeping house in a group failed; reading goes on. */
  | { readonly kind: 'upkeep_failed'; readonly ref: ConsumerRef; readonly error: unknown }
  /** Another consumer took an entry over while this one held it. */
  | { readonly kind: 'taken'; readonly stream: string; readonly nativeId: string }
  /** Entries have vanished that the group was never given. */
  | { readonly kind: 'vanished'; readonly ref: ConsumerRef; readonly range: VanishedHistory }
  /** Others have made the group again, further on: what lies between may have been handled by nobody. */
  | { readonly kind: 'skipped'; readonly ref: ConsumerRef; readonly range: VanishedHistory };
