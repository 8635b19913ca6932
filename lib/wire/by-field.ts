/** Lightbus's `ByFieldMessageSerializer`: an event as the flat fields of one stream entry. */

import { setOwn } from '../event/own-properties.js';
import type { SideData } from '../event/side-data.js';
import { parse } from './json-reader.js';
import { stringify } from './json-writer.js';
import { Notes, quote } from './notes.js';
import { fieldOf, parameterName } from './parameter-names.js';
import { parsePythonInteger } from './python-integer.js';
import { readSide, writeSide, type DecodedSide } from './side-field.js';
import { parseStreamName } from './stream-names.js';

/** How deep a parameter may be nested: Python reads more, but its validation ends at about so many of a recursive schema. */
const MOST_LEVELS = 200;

/** What goes over the wire. */
export interface SerializableEvent {
  /** Lightbus id; any text but the empty one. */
  readonly id: string;
  readonly apiName: string;
  readonly eventName: string;
  readonly version: number;
  /** The payload: one field each, in this order; those that are `undefined` are left out. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What the sender says of it beside the payload: the side field, behind all others. */
  readonly side?: SideData;
}

/** What an entry turned out to be. */
export type DecodedEntry = DecodedEvent | DecodedNoop | MalformedEntry;

/** An entry from which an event's name can be known, whatever else is wrong with it. */
export interface DecodedEvent extends DecodedSide {
  readonly kind: 'event';
  readonly id: string;
  readonly apiName: string;
  readonly eventName: string;
  readonly version: number;
  /** A plain object; every parameter is its own property. */
  readonly parameters: Record<string, unknown>;
  /** What was irregular, in words, for one warning; empty for an entry as Lightbus writes them. */
  readonly notes: readonly string[];
}

/** `{"": ""}`: opens a stream that a Python listener created, and carries nothing. */
export interface DecodedNoop {
  readonly kind: 'noop';
}

/** An entry that can't be given to any handler: nobody can know which event it is. */
export interface MalformedEntry {
  readonly kind: 'malformed';
  readonly reason: string;
}

/**
 * Writes an event as Python Lightbus does: `id`, `api_name`, `event_name`, `version`, then `:name`
 * with JSON for each parameter. Nothing else, as any other field takes Python's workers down: but the side field, which
 * it ignores beside others.
 *
 * @throws EventSerializationError naming the parameter that JSON can't carry, or whose name UTF-8 can't.
 */
export function serialize(event: SerializableEvent): string[] {
  const { id, apiName, eventName, version, parameters, side } = event;
  const fields = ['id', id, 'api_name', apiName];
  fields.push('event_name', eventName, 'version', String(version));
  for (const name of Object.keys(parameters)) {
    const value = parameters[name];
    if (value !== undefined) fields.push(fieldOf(name), stringify(value, name, MOST_LEVELS));
  }
  if (side !== undefined) fields.push('', writeSide(side));
  return fields;
}

/**
 * Reads an entry that anybody may have written. Never throws: 'Received events must be processed
 * regardless of their validity.' Where Python accepts an entry, the outcome is Python's.
 *
 * | entry | outcome |
 * |---|---|
 * | nothing but empty names, the last with an empty value | no-op |
 * | a field with an empty name beside others | the side field (see side-field.ts); nothing where its value is empty |
 * | a field without a colon that Lightbus does not know, `native_id` too | ignored, note |
 * | `id` missing or empty | the entry id takes its place, note |
 * | `api_name` missing or empty | taken from the stream's name, note; malformed where that says nothing |
 * | `api_name` of another API than the stream's | an event of the API that the field names |
 * | `event_name` missing or empty | taken from the stream's name (`per_event`), note; malformed on a `per_api` stream |
 * | `version` missing or not what Python's `int()` takes | 1, note |
 * | a parameter that is no JSON | its text, as a string, note |
 * | a parameter, or a key inside one, named `__proto__` | left out, note |
 * | a name twice | the last one wins |
 * | no metadata and no parameters, no fields, an odd number of fields | malformed |
 *
 * @param fields names and values, flat, as Redis returns them.
 * @param stream the stream's name, which may say what the entry does not.
 * @param nativeId the entry id.
 */
export function deserialize(
  fields: readonly string[],
  stream: string,
  nativeId: string,
): DecodedEntry {
  if (fields.length === 0) return malformed('it has no fields');
  if (fields.length % 2 === 1) return malformed('it has a field without a value');

  const metadata = new Metadata();
  let parameterCount = 0;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (isParameter(name)) parameterCount++;
    else metadata.add(name, fields[index + 1] ?? '');
  }
  if (parameterCount === 0 && metadata.isEmpty) {
    return metadata.empty === '' && !metadata.unknown
      ? { kind: 'noop' }
      : malformed('none of its fields is one of an event');
  }
  return decodeEvent(metadata, fields, stream, nativeId);
}

const COLON = 58;

// Not `startsWith`, which costs a tenth of all that reading an entry does.
function isParameter(field: string): boolean {
  return field.charCodeAt(0) === COLON;
}

/** The fields that are no parameters: `undefined` where there is none of that name. */
class Metadata {
  id: string | undefined = undefined;
  apiName: string | undefined = undefined;
  eventName: string | undefined = undefined;
  version: string | undefined = undefined;
  /** Value of the last one with an empty name. */
  empty: string | undefined = undefined;
  unknown: Set<string> | undefined = undefined;

  add(name: string, value: string): void {
    if (name === 'id') this.id = value;
    else if (name === 'api_name') this.apiName = value;
    else if (name === 'event_name') this.eventName = value;
    else if (name === 'version') this.version = value;
    else if (name === '') this.empty = value;
    else (this.unknown ??= new Set()).add(name);
  }

  /** Whether nothing is said of an event. */
  get isEmpty(): boolean {
    return (this.id ?? this.apiName ?? this.eventName ?? this.version) === undefined;
  }
}

function decodeEvent(
  metadata: Metadata,
  fields: readonly string[],
  stream: string,
  nativeId: string,
): DecodedEvent | MalformedEntry {
  const notes = new Notes();
  metadata.unknown?.forEach((name) => notes.add(`unknown metadata field ${quote(name)} ignored`));
  // Where the fields say all, the stream's name is not asked.
  const isComplete = metadata.apiName && metadata.eventName;
  const owner = isComplete ? null : parseStreamName(stream);
  const id = metadata.id || nativeId;
  if (!metadata.id) notes.add('no id: the entry id takes its place');

  const apiName = metadata.apiName || owner?.apiName;
  if (!apiName) return malformed("it has no api_name, and the stream's name says none");
  if (!metadata.apiName) notes.add("no api_name: taken from the stream's name");

  const eventName = metadata.eventName || owner?.eventName;
  if (!eventName || (eventName === '*' && !metadata.eventName)) {
    return malformed("it has no event_name, and the stream's name says none");
  }
  if (!metadata.eventName) notes.add("no event_name: taken from the stream's name");

  const version = decodeVersion(metadata.version, notes);
  const parameters = decodeParameters(fields, notes);
  const { side, sideFaults } = readSide(metadata.empty);
  return {
    kind: 'event',
    id,
    apiName,
    eventName,
    version,
    parameters,
    side,
    sideFaults,
    notes: notes.list(),
  };
}

function decodeVersion(text: string | undefined, notes: Notes): number {
  const version = text === '1' ? 1 : parsePythonInteger(text ?? '');
  if (version !== null) return version;
  notes.add(`${text ? `version ${quote(text)} is no integer` : 'no version'}: taken as 1`);
  return 1;
}

function decodeParameters(fields: readonly string[], notes: Notes): Record<string, unknown> {
  const [decoded, noted]: [Record<string, unknown>, number] = [{}, notes.count];
  let isLeftOut = false;
  for (let index = 0; index < fields.length; index += 2) {
    const field = fields[index] ?? '';
    if (!isParameter(field)) continue;
    const name = parameterName(field);
    if (name === '__proto__') {
      if (!isLeftOut) notes.add("parameter '__proto__' left out");
      isLeftOut = true;
      continue;
    }
    if (!(name in decoded)) {
      decoded[name] = decodeParameter(name, fields[index + 1] ?? '', notes);
    } else if (Object.hasOwn(decoded, name)) {
      // What the first one would be noted for is nobody's concern.
      notes.backTo(noted);
      return decodeParameters(lastOfEach(fields), notes);
    } else {
      // An assignment would run setters of Object.prototype.
      setOwn(decoded, name, decodeParameter(name, fields[index + 1] ?? '', notes));
    }
  }
  return decoded;
}

/** Names and values, flat, in the order of the first of each name. */
function lastOfEach(fields: readonly string[]): string[] {
  const values = new Map<string, string>();
  for (let index = 0; index < fields.length; index += 2) {
    values.set(fields[index] ?? '', fields[index + 1] ?? '');
  }
  return [...values].flat();
}

function decodeParameter(name: string, text: string, notes: Notes): unknown {
  try {
    return parse(text, (note) => notes.add(`parameter ${quote(name)}: ${note}`));
  } catch {
    // No fault of the handler's: it gets what was written, and the warning says so.
    notes.add(`parameter ${quote(name)} is no JSON: handed over as text`);
    return text;
  }
}

function malformed(reason: string): MalformedEntry {
  return { kind: 'malformed', reason };
}
