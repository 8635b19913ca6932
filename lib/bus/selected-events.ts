import type { Type } from '@nestjs/common';
import { inspect } from 'node:util';
import { EventDefinitionError } from '../errors.js';
import { requireSound } from '../event/definition-check.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';

/** What is asked for: an event class, `'<api>.<event>'`, or `'<api>.*'` for every event of an API. */
export type HistorySelector = Type<object> | string;

/** One selected event, or all events of an API (`eventName` `'*'`), and the class where it was selected by one. */
export interface SelectedEvent extends EventSelection {
  readonly type?: Type<object>;
}

/**
 * Takes selectors apart.
 *
 * @throws EventDefinitionError for no selector, a class without `@Event`, and names that break Lightbus's rules.
 */
export function selectEvents(
  selectors: HistorySelector | readonly HistorySelector[],
): SelectedEvent[] {
  const list = (Array.isArray(selectors) ? selectors : [selectors]) as readonly HistorySelector[];
  if (list.length === 0) {
    throw new EventDefinitionError(
      "No event is selected: the list is empty. Give event classes, '<api>.<event>' or '<api>.*'.",
    );
  }
  return list.map((selector) => {
    if (typeof selector === 'string') return parseSelector(selector);
    const { apiName, eventName } = requireEvent(selector);
    return { apiName, eventName, type: selector };
  });
}

/**
 * Refuses classes whose events can't all be read: of a version that nothing lifts, say.
 *
 * @throws EventDefinitionError
 */
export function requireSoundTypes(selected: readonly SelectedEvent[]): void {
  for (const { type } of selected) {
    const definition = type && getEventDefinition(type);
    if (definition) requireSound(definition);
  }
}

/** What an event of an API is selected by, if it is: its class, else its name, else `'<api>.*'`. */
export function findSelected<T extends SelectedEvent>(
  selected: readonly T[],
  { apiName, eventName }: EventSelection,
): T | undefined {
  const ofApi = selected.filter((one) => one.apiName === apiName);
  const named = ofApi.filter((one) => one.eventName === eventName);
  return named.find(({ type }) => type) ?? named[0] ?? ofApi.find((one) => one.eventName === '*');
}

// JavaScript users can give anything.
function requireEvent(type: unknown): EventSelection {
  const definition =
    typeof type === 'function' ? getEventDefinition(type as Type<object>) : undefined;
  if (definition) return definition;
  throw new EventDefinitionError(
    typeof type === 'function'
      ? `The history of ${type.name} can't be read: the class has no @Event. ` +
          "Decorate it with @Event('<api>.<event>'), or select events by name."
      : `The history of ${inspect(type)} can't be read. Give an event class, '<api>.<event>' or ` +
          "'<api>.*', or a list of these. (undefined is usually a cycle between two files: import the class directly.)",
  );
}
