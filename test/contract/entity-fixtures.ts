import { randomUUID } from 'node:crypto';
import type { EntityPlace, EntityRef, EventKeys } from '../../lib/store/entities.js';
import type { FlatFields, RangeOptions } from '../../lib/store/entries.js';
import type { EventStore } from '../../lib/store/event-store.js';
import { ALL, newStream } from './contract-fixtures.js';

/** What the service of the tests knows: both events are about an order. */
export const KEYS: EventKeys = new Map([
  ['placed', 'orderId'],
  ['paid', 'orderId'],
]);

/** The order with this key. */
export function order(key: string): EntityRef {
  return { parameter: 'orderId', key };
}

/** A stream, and entries of its API. */
export function newOrders() {
  const stream = newStream();
  const apiName = stream.slice(0, -'.*:stream'.length);
  /** An event with parameters, as the serializer writes it. */
  const event = (
    eventName: string,
    parameters: Record<string, unknown>,
    id: string = randomUUID(),
  ) => [
    ...['id', id, 'api_name', apiName, 'event_name', eventName, 'version', '1'],
    ...Object.entries(parameters).flatMap(([name, value]) => [`:${name}`, JSON.stringify(value)]),
  ];
  /** One about an order. */
  const placed = (orderId: unknown, id?: string): FlatFields => event('placed', { orderId }, id);
  return { stream, apiName, event, placed };
}

/** Where the events of an order are. */
export function placesOf(
  store: EventStore,
  stream: string,
  key: string,
  range: Partial<RangeOptions> = {},
  keys: EventKeys = KEYS,
): Promise<readonly EntityPlace[]> {
  return store.entityPlaces(stream, keys, order(key), { ...ALL, ...range });
}

/** Places with these ids, counted from `first` on. */
export function counted(nativeIds: readonly string[], first = 1): EntityPlace[] {
  return nativeIds.map((nativeId, i) => ({ nativeId, sequence: first + i }));
}
