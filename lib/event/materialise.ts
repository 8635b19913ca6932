import type { Type } from '@nestjs/common';
import { decode } from './codec.js';
import { keyParameterOf } from './entity.js';
import { type EventDefinition, getEventDefinition } from './event.decorator.js';
import type { EventIdentity } from './event-message.js';
import { upcast, type PlainParameters } from './upcasters.js';

/** An event as it was read from the wire. */
export interface StoredContent extends EventIdentity {
  /** In words, what of its side field was ignored. */
  readonly sideFaults?: readonly string[];
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
 * projections alike. Changes nothing of it. Where a version is newer than that of the class, or a side field is not as
 * ours, the notes say so, the first time: whoever calls this logs them.
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
  const { id, apiName, eventName, version: storedVersion, side, sideFaults } = stored;
  const keyValue = definition && keyOf(definition, stored);
  const { version, parameters } = definition ? upcast(definition, stored) : stored;
  const { payload, note } = decode(type, parameters, options);
  const newer =
    definition && storedVersion > definition.version
      ? noteOfNewer(definition, storedVersion)
      : undefined;
  let notes = withNote(withNote(stored.notes, newer), note);
  if (sideFaults !== undefined) notes = withFaults(notes, apiName, sideFaults);
  const event = { id, apiName, eventName, version, storedVersion, side };
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

/** Of a side field that is not as ours: each kind once for an API, as each event of a foreign sender may have one. */
function withFaults(
  notes: readonly string[],
  apiName: string,
  faults: readonly string[],
): readonly string[] {
  return faults
    .filter((fault) => isNew(`${apiName}: ${fault}`))
    .reduce((all, fault) => withNote(all, `${fault} (told once for this API)`), notes);
}

/** What was told. Anybody can make events and APIs up: what is beyond is not told. */
const told = new Set<string>();
const MOST_TOLD = 1000;

function isNew(what: string): boolean {
  if (told.has(what) || told.size >= MOST_TOLD) return false;
  told.add(what);
  return true;
}

/** Of a version that is newer than the class: once for each event and version in the life of the process. */
function noteOfNewer(
  { canonicalName, version, type }: EventDefinition,
  stored: number,
): string | undefined {
  if (!isNew(`${canonicalName} ${stored}`)) return undefined;
  return (
    `its version ${stored} is newer than ${version}, the one of ${type.name}: its parameters stay as they are ` +
    '(told once for this version)'
  );
}
