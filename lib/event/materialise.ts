import type { Type } from '@nestjs/common';
import { decode } from './codec.js';
import { keyParameterOf } from './entity.js';
import { getEventDefinition } from './event.decorator.js';
import type { EventIdentity } from './event-message.js';
import { upcast, type PlainParameters } from './upcasters.js';

/** An event as it was read from the wire. */
export interface StoredContent extends EventIdentity {
  readonly parameters: PlainParameters;
  /** In words, what was irregular about its entry. */
  readonly notes: readonly string[];
}

/** An event as the application sees it. */
export interface Materialised {
  /** Names and id, the version of the payload, and the stored one. */
  readonly event: EventIdentity;
  /** An instance of the event's class, where one is known and casting is on; else a plain object. */
  readonly payload: object;
  /** The plain parameters, lifted to the version of the class. */
  readonly parameters: PlainParameters;
  /** The value of the key, as it is stored; `undefined` where the class names none. */
  readonly keyValue: unknown;
  /** In words, what was irregular. */
  readonly notes: readonly string[];
}

/**
 * Makes of what is stored what the application is given: for firing, history, handlers, aggregates and
 * projections alike.
 *
 * @param type the event's class; `undefined` where none is known.
 * @param options.cast setting `cast_values`: off gives plain parameters, lifted all the same.
 * @throws UpcastError
 */
export function materialise(
  stored: StoredContent,
  type: Type<object> | undefined,
  options: { readonly cast: boolean },
): Materialised {
  const definition = type && getEventDefinition(type);
  const { id, apiName, eventName, version: storedVersion } = stored;
  const keyParameter = definition && keyParameterOf(definition);
  const keyValue = keyParameter === undefined ? undefined : stored.parameters[keyParameter];
  const { version, parameters } = definition ? upcast(definition, stored) : stored;
  const { payload, note } = decode(type, parameters, options);
  const notes = note === undefined ? stored.notes : [...stored.notes, note];
  const event = { id, apiName, eventName, version, storedVersion };
  return { event, payload, parameters, keyValue, notes };
}
