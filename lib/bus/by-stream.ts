import type { Expectation } from '../store/entities.js';
import type { FlatFields } from '../store/entries.js';
import type { OncePlace } from '../store/event-store.js';
import type { ApiStore } from '../store/stores.js';
import { serialize } from '../wire/by-field.js';
import { ONCE_WITHIN_MS, type FireRequest } from './fire-options.js';
import type { PreparedEvent } from './fired-message.js';

/** Events of one stream, at least one, and what is stored of each. */
export interface StreamGroup {
  readonly stream: string;
  readonly target: ApiStore;
  readonly events: PreparedEvent[];
  readonly entries: FlatFields[];
}

/**
 * The events of each stream, serialised, in the order of their first ones.
 *
 * @throws EventSerializationError
 */
export function byStream(prepared: readonly PreparedEvent[]): StreamGroup[] {
  const groups: StreamGroup[] = [];
  let group: StreamGroup | undefined;
  for (const one of prepared) {
    const { stream, target, event } = one;
    if (group?.stream !== stream) group = groups.find((other) => other.stream === stream);
    if (group) {
      group.events.push(one);
      group.entries.push(serialize(event));
    } else {
      group = { stream, target, events: [one], entries: [serialize(event)] };
      groups.push(group);
    }
  }
  return groups;
}

/**
 * Stores the events of one stream in one transaction.
 *
 * @returns their entry ids; or where they are, where they were given ids or something is expected.
 * @throws as `EventStore.append` and `appendOnce`
 */
export function storeGroup(
  { stream, target, entries }: StreamGroup,
  { ids }: FireRequest,
  expected: Expectation | undefined,
): Promise<readonly (string | OncePlace)[]> {
  const { store, settings, announce } = target;
  const maxLength = settings.event_transport.max_stream_length;
  const timeoutMs = settings.event_fire_timeout * 1000;
  // In the same write as the first event.
  announce(stream);
  if (ids === undefined && expected === undefined)
    return store.append(stream, entries, { maxLength, timeoutMs });
  return store.appendOnce(stream, entries, {
    ...{ maxLength, timeoutMs, onceWithinMs: ONCE_WITHIN_MS, areNew: ids === undefined },
    ...(expected && { expected }),
  });
}
