import { NotReplicatedError, StoredEventUnreadError } from '../fire-errors.js';
import type { EventMessage } from '../event/event-message.js';
import type { EventKeys } from '../store/entities.js';
import type { OncePlace } from '../store/event-store.js';
import { serialize } from '../wire/by-field.js';
import { rememberStored } from './decided-on.js';
import { requireEntity } from './expected-entity.js';
import { ONCE_WITHIN_MS, type FireRequest } from './fire-options.js';
import { firedMessage, type PreparedEvent } from './fired-message.js';
import { failureOf } from './publish-failure.js';

/** What storing needs to know beside the events. */
export interface StoringOptions {
  /** Which events of an API are keyed by what, as far as this service knows. */
  readonly keysOf: (apiName: string) => EventKeys;
  /** Is told what was irregular about what was stored before. */
  readonly warn: (text: string) => void;
}

/**
 * Stores events that are ready, those of each stream in one transaction.
 *
 * @param request what the options of the call ask for.
 * @returns the messages, in the order of the events.
 * @throws as `EventBus.fireAll`.
 */
export async function storeEvents(
  prepared: readonly PreparedEvent[],
  { ids, expectedVersion: version, decidedOn }: FireRequest,
  { keysOf, warn }: StoringOptions,
): Promise<EventMessage<object>[]> {
  const entity = version === undefined ? undefined : requireEntity(prepared);
  const keys = entity && keysOf(prepared[0]?.event.apiName ?? '');
  const expected = entity &&
    keys &&
    version !== undefined && { keys, entity, version, last: decidedOn?.nativeId };
  const once = ids !== undefined || expected !== undefined;
  // All are serialised before any is sent.
  const transactions = groupBy(prepared, ({ stream }) => stream).map(([stream, group]) => {
    return { stream, group, entries: group.map(({ event }) => serialize(event)) };
  });
  const messages = new Map<PreparedEvent, EventMessage<object>>();
  const inOrder = () => prepared.flatMap((one) => messages.get(one) ?? []);
  const failure = (error: unknown) => {
    // Not the payloads: errors are logged.
    const stored = inOrder().map(({ id, nativeId, stream }) => ({ id, nativeId, stream }));
    return failureOf(error, { ids: prepared.map(({ event }) => event.id), stored });
  };
  try {
    for (const { stream, group, entries } of transactions) {
      group[0].target.store.checkSize(stream, entries, { once });
    }
  } catch (error) {
    throw failure(error);
  }
  for (const { stream, group, entries } of transactions) {
    const { store, settings, announce } = group[0].target;
    const keep = (places: readonly OncePlace[]) =>
      group.forEach((one, i) => {
        const place = places[i];
        if (!place) return;
        const message = firedMessage(one, place, warn);
        messages.set(one, message);
        if (decidedOn)
          rememberStored(message, place.found === undefined ? entries[i] : place.found);
      });
    try {
      // In the same write as the first event.
      announce(stream);
      const options = {
        maxLength: settings.event_transport.max_stream_length,
        timeoutMs: settings.event_fire_timeout * 1000,
      };
      keep(
        once
          ? await store.appendOnce(stream, entries, {
              ...options,
              onceWithinMs: ONCE_WITHIN_MS,
              areNew: ids === undefined,
              ...(expected && { expected }),
            })
          : (await store.append(stream, entries, options)).map((nativeId) => ({ nativeId })),
      );
    } catch (error) {
      if (error instanceof NotReplicatedError || error instanceof StoredEventUnreadError) {
        keep(error.stored);
      }
      throw failure(error);
    }
  }
  return inOrder();
}

type Group<T> = [T, ...T[]];

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, Group<T>][] {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups];
}
