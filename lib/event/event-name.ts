import { EventDefinitionError } from '../errors.js';

/** An event's two names, taken apart. */
export interface EventName {
  /** Dotted API name: `store.orders`. */
  readonly apiName: string;
  /** Event name: `placed`. */
  readonly eventName: string;
}

/** What a listener or a reader of the history asks for; `eventName` `'*'` is every event of the API. */
export type EventSelection = EventName;

// Lightbus takes Python identifiers for events (an API's attributes) and dotted identifiers for APIs.
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * Takes `'<api>.<event>'` apart at its last dot (Lightbus's canonical name).
 *
 * @throws EventDefinitionError when the name breaks Lightbus's rules: a dotted API name and an event
 *   name, each part a letter or underscore followed by letters, digits or underscores; no
 *   underscore first in the event name, and no API `default`, which Lightbus reserves.
 */
export function parseEventName(name: string): EventName {
  const parsed = splitLast(name);
  if (!isApiName(parsed.apiName) || !isEventName(parsed.eventName)) {
    throw new EventDefinitionError(
      `'${name}' is no event name. Expected '<api>.<event>', for example 'store.orders.placed': ` +
        'dotted names of letters, digits and underscores, none starting with a digit, ' +
        "no event name that starts with an underscore, and no API 'default', which is reserved.",
    );
  }
  return parsed;
}

/** Puts the two names together: `<api>.<event>`, Lightbus's canonical name. */
export function canonicalName({ apiName, eventName }: EventName): string {
  return `${apiName}.${eventName}`;
}

/** Takes a selector, `'<api>.<event>'` or `'<api>.*'`, apart. @throws EventDefinitionError as {@link parseEventName}. */
export function parseSelector(selector: string): EventSelection {
  const parsed = splitLast(selector);
  if (parsed.eventName === '*' && isApiName(parsed.apiName)) return parsed;
  return parseEventName(selector);
}

function splitLast(name: string): EventName {
  const dot = name.lastIndexOf('.');
  return { apiName: name.slice(0, Math.max(dot, 0)), eventName: name.slice(dot + 1) };
}

function isApiName(name: string): boolean {
  // Lightbus reserves 'default': in its configuration it stands for every API.
  if (name === 'default' || name.startsWith('default.')) return false;
  return name.split('.').every((part) => IDENTIFIER.test(part));
}

function isEventName(name: string): boolean {
  // Lightbus refuses names that start with an underscore: they would shadow an API's own attributes.
  return IDENTIFIER.test(name) && !name.startsWith('_');
}
