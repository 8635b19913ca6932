import type { Type } from '@nestjs/common';
import { decode } from './codec.js';
import { keyParameterOf } from './entity.js';
import { type EventDefinition, getEventDefinition } from './event.decorator.js';
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
 * projections alike. Changes nothing of it. Where a version is newer than that of the class, the notes say so,
 * the first time: whoever calls this logs them.
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
  const keyValue = definition && keyOf(definition, stored);
  const { version, parameters } = definition ? upcast(definition, stored) : stored;
  const { payload, note } = decode(type, parameters, options);
  const newer =
    definition && storedVersion > definition.version
      ? noteOfNewer(definition, storedVersion)
      : undefined;
  const notes = withNote(withNote(stored.notes, newer), note);
  const event = { id, apiName, eventName, version, storedVersion };
  return { event, payload, parameters, keyValue, notes };
}

// Of what is stored: the index knows nothing else.
function keyOf(definition: EventDefinition, { apiName, parameters }: StoredContent): unknown {
  const parameter = definition.apiName === apiName ? keyParameterOf(definition) : undefined;
  return parameter === undefined ? undefined : parameters[parameter];
}

function withNote(notes: readonly string[], note: string | undefined): readonly string[] {
  return note === undefined ? notes : [...notes, note];
}

/** Versions that were told, by event. Anybody can make some up: what is beyond is not told. */
const told = new Set<string>();
const MOST_TOLD = 1000;

/** Of a version that is newer than the class: once for each event and version in the life of the process. */
function noteOfNewer(
  { canonicalName, version, type }: EventDefinition,
  stored: number,
): string | undefined {
  const name = `${canonicalName} ${stored}`;
  if (told.has(name) || told.size >= MOST_TOLD) return undefined;
  told.add(name);
  return (
    `its version ${stored} is newer than ${version}, the one of ${type.name}: its parameters stay as they are ` +
    '(told once for this version)'
  );
}
