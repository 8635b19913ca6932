import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { EventBus } from '../bus/event-bus.js';
import type { EventMessage } from '../event/event-message.js';
import type { EventRegistry } from '../event/event-registry.js';
import { MemoryStore } from '../store/memory/memory.store.js';
import type { Stores } from '../store/stores.js';
import { RecordedEventsError } from './recorder-errors.js';

/**
 * Stores events that have happened before the test, as the bus itself stores them: validated, in order, and
 * not as something that the test fires. Every listener has settled them.
 */
export async function storePast(
  events: readonly object[],
  { bus, stores, registry }: { bus: EventBus; stores: Stores; registry: EventRegistry },
): Promise<EventMessage<object>[]> {
  const given: unknown = events;
  if (!Array.isArray(given)) {
    throw new RecordedEventsError(
      `given takes a list of events: recorder.given([event]). It is ${inspect(given, { depth: 0 })}.`,
    );
  }
  const ids = events.map(() => randomUUID());
  const targets = events.map((event) => stores.forApi(registry.definitionOf(event).apiName).store);
  for (const store of new Set(targets)) {
    if (store instanceof MemoryStore) store.expectPast(ids);
  }
  // Not that of the bus which records.
  return EventBus.prototype.fireAll.call(bus, events, { ids });
}
