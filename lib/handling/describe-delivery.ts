import { canonicalName } from '../event/event-name.js';
import type { Listener } from '../listener/listener.js';
import type { Delivery } from '../reading/delivery.js';
import { deserialize } from '../wire/by-field.js';

/** How log lines name what a listener was handed: the event as far as it can be read, its place, and the listener. */
export function describeDelivery(delivery: Delivery, listener: Listener): string {
  const { stream, nativeId } = delivery;
  const eventName = eventNameOf(delivery);
  const name = eventName === undefined ? 'Entry' : `Event ${eventName}`;
  return `${name} (${nativeId} on '${stream}', listener '${listener.name}')`;
}

/** Canonical name of the event that was handed over, if it is one. */
export function eventNameOf({ fields, stream, nativeId }: Delivery): string | undefined {
  const content = fields && deserialize(fields, stream, nativeId);
  return content?.kind === 'event' ? canonicalName(content) : undefined;
}
