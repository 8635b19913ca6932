import { describe, expect, it } from '@jest/globals';
import { deserialize, serialize } from '../../lib/wire/by-field.js';
import { firedEntries } from './captured-entries.js';
import { readArguments } from './python-literal.js';

/** What JavaScript can't tell apart as Python does. */
const WRITTEN_DIFFERENTLY: Record<string, string> = {
  // The float 3.0 and the integer 3 are one number.
  'float integral': '3',
  'float sent for int (integral)': '3',
  // Python sorts the integers before it makes texts of them; our keys are texts from the start.
  'dict with int keys': '{"1": "one", "10": "ten", "2": "two"}',
};

const entries = firedEntries();
const events = entries.filter(({ fields }) => fields[0] !== '');
const noops = entries.filter(({ fields }) => fields[0] === '');

describe('entries that Python Lightbus writes', () => {
  it('were captured', () => {
    expect(events.length).toBeGreaterThan(100);
    expect(noops).toHaveLength(5);
  });

  it.each(noops)('$stream $name is a no-op', ({ stream, id, fields }) => {
    expect(deserialize(fields, stream, id)).toEqual({ kind: 'noop' });
  });

  it.each(events)('$stream $name is read without a note', ({ stream, id, fields }) => {
    const metadata = Object.fromEntries(pairs(fields).slice(0, 4));
    expect(deserialize(fields, stream, id)).toMatchObject({
      kind: 'event',
      id: metadata.id,
      apiName: metadata.api_name,
      eventName: metadata.event_name,
      version: Number(metadata.version),
      notes: [],
    });
  });

  it.each(events.filter(({ received }) => received))(
    '$stream $name gives the values that a Python listener gets',
    ({ stream, id, fields, received = {} }) => {
      const entry = deserialize(fields, stream, id);
      if (entry.kind !== 'event') throw new Error(entry.kind);
      expect(entry.parameters).toStrictEqual(readArguments(received));
    },
  );

  it.each(events)(
    '$stream $name is what we write, byte for byte',
    ({ name, stream, id, fields }) => {
      const entry = deserialize(fields, stream, id);
      if (entry.kind !== 'event') throw new Error(entry.kind);
      const different = WRITTEN_DIFFERENTLY[name];
      const expected = different === undefined ? fields : fields.with(-1, different);
      expect(serialize(entry)).toEqual(expected);
    },
  );
});

function pairs(fields: readonly string[]): [string, string][] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [
    fields[2 * i] ?? '',
    fields[2 * i + 1] ?? '',
  ]);
}
