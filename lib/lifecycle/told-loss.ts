import { LOSSES } from '../channels/channels.js';
import type { SubscriptionChange } from '../reading/subscription-change.js';

/** Tells who has subscribed to it of a loss of history, where a change is one. */
export function tellLoss(application: string, listener: string, change: SubscriptionChange): void {
  if (change.kind !== 'vanished' && change.kind !== 'skipped') return;
  const { kind, ref, range } = change;
  const { group: consumerGroup, stream } = ref;
  const { after, until } = range;
  LOSSES.publish({ application, kind, listener, consumerGroup, stream, after, until });
}
