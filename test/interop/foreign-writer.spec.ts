import { describe, expect, it } from '@jest/globals';
import { type DecodedEntry, deserialize } from '../../lib/wire/by-field.js';
import {
  capturedEntries,
  expand,
  expectedOf,
  FOREIGN_STREAM,
  foreignCases,
} from './captured-entries.js';
import { readArguments } from './python-literal.js';

/** One note each; cases that are not here are read without any. Python dies of all but `native_id`. */
const NOTES: Record<string, string> = {
  'a unknown metadata field traceparent': 'unknown metadata field "traceparent" ignored',
  'a unknown metadata field, listener with ACKNOWLEDGE_AND_LOG':
    'unknown metadata field "traceparent" ignored',
  'a unknown metadata field on an event the listener does not listen for':
    'unknown metadata field "traceparent" ignored',
  'a metadata field native_id given by the writer': 'unknown metadata field "native_id" ignored',
  'a metadata field stream': 'unknown metadata field "stream" ignored',
  'a metadata field consumer_group': 'unknown metadata field "consumer_group" ignored',
  'a metadata field kwargs': 'unknown metadata field "kwargs" ignored',
  'a metadata field return_path': 'unknown metadata field "return_path" ignored',
  'a metadata field trace': 'unknown metadata field "trace" ignored',
  'a metadata field timestamp': 'unknown metadata field "timestamp" ignored',
  'a field name with another prefix (@tp)': 'unknown metadata field "@tp" ignored',
  'b missing id': 'no id: the entry id takes its place',
  'b empty id': 'no id: the entry id takes its place',
  'b missing api_name': "no api_name: taken from the stream's name",
  'b empty api_name': "no api_name: taken from the stream's name",
  'b missing version': 'no version: taken as 1',
  'b empty version': 'no version: taken as 1',
  "b version 'abc'": 'version "abc" is no integer: taken as 1',
  "b version '1.0'": 'version "1.0" is no integer: taken as 1',
  "b version '1e3'": 'version "1e3" is no integer: taken as 1',
  ...Object.fromEntries(
    [
      ...['c value not_json', 'c value empty', 'c value single_quoted', 'c value undefined'],
      ...['c value bom', 'c value raw_newline', 'c value trailing', 'c value true_cap'],
      'c value not JSON on an event the listener does not listen for',
      'c value not JSON, ACKNOWLEDGE_AND_LOG',
    ].map((name) => [name, 'parameter "username" is no JSON: handed over as text']),
  ),
};

/** Where Python's annotations cast, so that its handler got something else than was written. */
const CAST_BY_ANNOTATION = /^l annotated/;

/** ioredis decodes UTF-8 as Node does. */
function decoded(fields: readonly string[]): string[] {
  return fields.map((field) => expand(field).toString('utf8'));
}

function read(written: { id: string; fields: readonly string[] }): DecodedEntry {
  return deserialize(decoded(written.fields), FOREIGN_STREAM, written.id);
}

const cases = foreignCases().filter(({ written }) => written.length > 0);

describe('entries that others write', () => {
  it('have notes only where they exist', () => {
    const names = cases.map((one) => one.case);
    expect(cases).toHaveLength(129);
    expect(Object.keys(NOTES).filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(capturedEntries().map(({ name }) => name)).size).toBe(capturedEntries().length);
  });

  it.each(cases)('$case: has its outcome', (one) => {
    for (const written of one.written) {
      const entry = read(written);
      expect(entry.kind).toBe(expectedOf(one.case));
      const note = NOTES[one.case];
      if (entry.kind === 'event') expect(entry.notes).toEqual(note === undefined ? [] : [note]);
      if (entry.kind === 'malformed') expect(entry.reason).toMatch(/\w/);
    }
  });

  it.each(cases.filter(({ received }) => received.length > 0))(
    '$case: is read as Python reads it',
    (one) => {
      for (const written of one.written) {
        const entry = read(written);
        if (entry.kind !== 'event') throw new Error(entry.kind);
        const match = one.received.find(({ id }) => expand(id) === entry.id);
        if (!match) throw new Error(`Python got no event ${entry.id}`);
        expect(entry).toMatchObject({ version: match.version, eventName: match.event });
        if (CAST_BY_ANNOTATION.test(one.case)) continue;
        expect(entry.parameters).toStrictEqual(readArguments(match.kwargs));
      }
    },
  );

  it('a parameter whose text is no valid UTF-8 is read with replacement characters', () => {
    const bytes = cases.find((one) => one.case === 'c value invalid UTF-8')?.written[0];
    expect(bytes && read(bytes)).toMatchObject({ parameters: { username: '\ufffd\ufffd' } });
    const name = cases.find((one) => one.case === 'c field name invalid UTF-8')?.written[0];
    expect(name && read(name)).toMatchObject({ parameters: { '\ufffd': 1 } });
  });

  it('an API that differs from the stream is the one that the entry names', () => {
    const other = cases.find((one) => one.case === 'b api_name field differs from the stream');
    expect(other?.written.map(read)).toMatchObject([{ apiName: 'other.api', notes: [] }]);
  });
});
