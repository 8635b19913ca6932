/** Lightbus's `ByFieldMessageSerializer`: an event as the flat fields of one stream entry. */

import { parse } from './json-reader.js';
import { stringify } from './json-writer.js';
import { Notes, quote } from './notes.js';
import { parsePythonInteger } from './python-integer.js';
import { parseStreamName } from './stream-names.js';

/** What goes over the wire. */
export interface SerializableEvent {
  /** Lightbus id; any text but the empty one. */
  readonly id: string;
  readonly apiName: string;
  readonly eventName: string;
  readonly version: number;
  /** The payload: one field each, in this order; those that are `undefined` are left out. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What an entry turned out to be. */
export type DecodedEntry = DecodedEvent | DecodedNoop | MalformedEntry;

/** An entry from which an event's name can be known, whatever else is wrong with it. */
export interface DecodedEvent {
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
 * with JSON for each parameter. Nothing else, as any other field takes Python's workers down.
 *
 * @throws EventSerializationError naming the parameter that JSON can't carry.
 */
export function serialize(event: SerializableEvent): string[] {
  const fields = [
    ...['id', event.id, 'api_name', event.apiName],
    ...['event_name', event.eventName, 'version', String(event.version)],
  ];
  for (const [name, value] of Object.entries(event.parameters)) {
    if (value !== undefined) fields.push(`:${name}`, stringify(value, name));
  }
  return fields;
}

/** The Lightbus id of an entry that {@link serialize} wrote; `''` where it has none. */
export function idOf(fields: readonly string[]): string {
  return valueOf(fields, 'id');
}

/** The event's name, without its API, of an entry that {@link serialize} wrote; `''` where it has none. */
export function eventNameOf(fields: readonly string[]): string {
  return valueOf(fields, 'event_name');
}

function valueOf(fields: readonly string[], name: string): string {
  const index = fields.findIndex((field, i) => i % 2 === 0 && field === name);
  return (index < 0 ? undefined : fields[index + 1]) ?? '';
}

/**
 * Reads an entry that anybody may have written. Never throws: 'Received events must be processed
 * regardless of their validity.' Where Python accepts an entry, the outcome is Python's.
 *
 * | entry | outcome |
 * |---|---|
 * | nothing but empty names, the last with an empty value | no-op |
 * | a field with an empty name beside others | ignored: Lightbus ignores it too, our side channel |
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

  const metadata = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const value = fields[index + 1] ?? '';
    if (name.startsWith(':')) parameters.set(name.slice(1), value);
    else metadata.set(name, value);
  }
  if (parameters.size === 0 && metadata.size === 1 && metadata.get('') === '') {
    return { kind: 'noop' };
  }
  if (parameters.size === 0 && !METADATA.some((name) => metadata.has(name))) {
    return malformed('none of its fields is one of an event');
  }
  return decodeEvent(metadata, parameters, stream, nativeId);
}

const METADATA = ['id', 'api_name', 'event_name', 'version'];

function decodeEvent(
  metadata: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
  stream: string,
  nativeId: string,
): DecodedEvent | MalformedEntry {
  const notes = new Notes();
  for (const name of metadata.keys()) {
    const isKnown = name === '' || METADATA.includes(name);
    if (!isKnown) notes.add(`unknown metadata field ${quote(name)} ignored`);
  }

  const owner = parseStreamName(stream);
  const id = metadata.get('id') || nativeId;
  if (!metadata.get('id')) notes.add('no id: the entry id takes its place');

  const apiName = metadata.get('api_name') || owner?.apiName;
  if (!apiName) return malformed("it has no api_name, and the stream's name says none");
  if (!metadata.get('api_name')) notes.add("no api_name: taken from the stream's name");

  const eventName = metadata.get('event_name') || owner?.eventName;
  if (!eventName || (eventName === '*' && !metadata.get('event_name'))) {
    return malformed("it has no event_name, and the stream's name says none");
  }
  if (!metadata.get('event_name')) notes.add("no event_name: taken from the stream's name");

  const version = decodeVersion(metadata.get('version'), notes);
  const parameters = decodeParameters(texts, notes);
  return { kind: 'event', id, apiName, eventName, version, parameters, notes: notes.list() };
}

function decodeVersion(text: string | undefined, notes: Notes): number {
  const version = text === '1' ? 1 : parsePythonInteger(text ?? '');
  if (version !== null) return version;
  notes.add(`${text ? `version ${quote(text)} is no integer` : 'no version'}: taken as 1`);
  return 1;
}

function decodeParameters(
  texts: ReadonlyMap<string, string>,
  notes: Notes,
): Record<string, unknown> {
  const decoded: [string, unknown][] = [];
  for (const [name, text] of texts) {
    if (name === '__proto__') notes.add("parameter '__proto__' left out");
    else decoded.push([name, decodeParameter(name, text, notes)]);
  }
  // Defines own properties; an assignment would run setters of Object.prototype.
  return Object.fromEntries(decoded);
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
