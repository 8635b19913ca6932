import type { Type } from '@nestjs/common';
import { inspect, isDeepStrictEqual } from 'node:util';
import { nearestTo } from '../config/checks/nearest-key.js';
import { getEventDefinition, type EventDefinition } from '../event/event.decorator.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';
import { RecordedEventsError } from './recorder-errors.js';

/** Which events: an event class, `'<api>.<event>'` or `'<api>.*'`. */
export type RecordedSelector = Type<object> | string;

/** @throws RecordedEventsError for what is no event class; `EventDefinitionError` for a bad name. */
export function toSelection(selector: RecordedSelector): EventSelection {
  if (typeof selector === 'string') return parseSelector(selector);
  // JavaScript may give anything: a class that is not there yet, as two files import each other.
  const isClass = typeof (selector as unknown) === 'function';
  const definition = isClass ? getEventDefinition(selector) : undefined;
  if (definition) return definition;
  const wrong = isClass
    ? `${selector.name} has no @Event: no event of that class can be fired.`
    : `${inspect(selector, { depth: 0 })} is no class.`;
  throw new RecordedEventsError(`${wrong} Give an event class or a name.`);
}

/**
 * Refuses a selection that no event of the application can be among: that it was not fired would be
 * true whatever the application does.
 *
 * @throws RecordedEventsError
 */
export function requireFireable(
  selection: EventSelection,
  registered: readonly EventDefinition[],
): void {
  if (registered.some((definition) => isSelected(selection, definition))) return;
  const names = registered.map(({ canonicalName }) => canonicalName);
  const wanted = `${selection.apiName}.${selection.eventName}`;
  const nearest = nearestTo(wanted, names);
  const known = names.map((name) => `'${name}'`).join(', ') || 'none';
  throw new RecordedEventsError(
    `'${wanted}' can't be fired by this application. ${nearest ? `Did you mean '${nearest}'? ` : ''}` +
      `Events that it registers with LightbusModule.forFeature: ${known}.`,
  );
}

/** Whether an event is one of the selected. */
export function isSelected(
  selection: EventSelection,
  { apiName, eventName }: EventSelection,
): boolean {
  return (
    apiName === selection.apiName &&
    (selection.eventName === '*' || eventName === selection.eventName)
  );
}

/** Whether a value has what is expected: of a plain object every property, of anything else all of it. */
export function contains(value: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length) return false;
    return expected.every((item, i) => contains(value[i], item));
  }
  if (!isPlainObject(expected)) return isDeepStrictEqual(value, expected);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(expected).every(([name, each]) =>
    contains((value as Record<string, unknown>)[name], each),
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
