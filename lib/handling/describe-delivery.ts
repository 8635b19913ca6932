import { canonicalName } from '../event/event-name.js';
import type { Listener } from '../listener/listener.js';
import type { Delivery } from '../reading/delivery.js';
import { deserialize } from '../wire/by-field.js';

/** How log lines name what a listener was handed: the event as far as it can be read, its place, and the listener. */
export function describeDelivery(
  { fields, stream, nativeId }: Delivery,
  listener: Listener,
): string {
  const content = fields && deserialize(fields, stream, nativeId);
  const name = content?.kind === 'event' ? `Event ${canonicalName(content)}` : 'Entry';
  return `${name} (${nativeId} on '${stream}', listener '${listener.name}')`;
}
