import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventHeaders, SideData } from '../../../lib/event/side-data.js';
import { deserialize, serialize } from '../../../lib/wire/by-field.js';
import { readSide, writeSide } from '../../../lib/wire/side-field.js';

const NOTHING: SideData = {
  ...{ firedAt: undefined, correlationId: undefined, causationId: undefined },
  ...{ traceparent: undefined, tracestate: undefined, headers: undefined },
};
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const METADATA = ['id', 'i1', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];

/** What an entry with these side fields says. */
function read(...values: string[]) {
  const fields = [...METADATA, ...values.flatMap((value) => ['', value])];
  const entry = deserialize(fields, 'store.orders.*:stream', '1-0');
  if (entry.kind !== 'event') throw new Error(`Expected an event, got ${entry.kind}.`);
  expect(entry.notes).toEqual([]);
  return { side: entry.side, faults: entry.sideFaults };
}

describe('the side field', () => {
  it('is one JSON object as Python would write it, behind all other fields', () => {
    const side: SideData = {
      firedAt: Date.UTC(2026, 10, 28, 2, 3, 4, 5),
      correlationId: 'ä"1',
      causationId: 'c2',
      traceparent: TRACE,
      tracestate: 'a=1',
      headers: { z: [1, null, { b: true, a: 1.5 }], a: 'x' },
    };
    const event = { id: 'i1', apiName: 'store.orders', eventName: 'placed', version: 1 };
    expect(serialize({ ...event, parameters: { n: 1 }, side })).toEqual([
      ...METADATA,
      ...[':n', '1', ''],
      '{"causationId": "c2", "correlationId": "\\u00e4\\"1", "firedAt": "2026-11-28T02:03:04.005Z", ' +
        `"headers": {"a": "x", "z": [1, null, {"a": 1.5, "b": true}]}, "traceparent": "${TRACE}", "tracestate": "a=1"}`,
    ]);
    expect(serialize({ ...event, parameters: {} })).toEqual(METADATA);
    expect(writeSide({ ...NOTHING, firedAt: 0 })).toBe('{"firedAt": "1970-01-01T00:00:00.000Z"}');
  });

  it('is read as it was written, frozen', () => {
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        ...[fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null)],
        fc.bigInt({ min: 2n ** 53n }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => one.trim() !== '');
    const sides = fc.record({
      firedAt: fc.option(fc.date({ noInvalidDate: true }).map(Number), { nil: undefined }),
      correlationId: fc.option(text, { nil: undefined }),
      causationId: fc.option(text, { nil: undefined }),
      traceparent: fc.constantFrom(undefined, TRACE),
      tracestate: fc.constantFrom(undefined, 'a=1,b=2'),
      headers: fc.option(fc.dictionary(name, json, { maxKeys: 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(sides, (given) => {
        const side = { ...given, headers: given.headers as EventHeaders | undefined };
        const isEmpty = Object.values(side).every((value) => value === undefined);
        const found = readSide(writeSide(side));
        expect(found).toEqual({ side: isEmpty ? undefined : side, sideFaults: undefined });
        expect(isFrozen(found.side?.headers)).toBe(true);
      }),
    );
  });

  it.each([
    ['no JSON', 'kept: yes', 'is no JSON,'],
    ['cut off', '{"firedAt": ', 'is no JSON,'],
    ['a traceparent alone', TRACE, 'is no JSON,'],
    ['a text', '"x"', 'is no JSON object'],
    ['null', 'null', 'is no JSON object'],
    ['a list', '[{"correlationId": "x"}]', 'is no JSON object'],
    ['spaces', '  ', 'is no JSON,'],
    ['huge', `{"correlationId": "${'x'.repeat(1_000_000)}"}`, 'is longer than 1000000 characters'],
    ['nested without end', '['.repeat(400_000), 'is no JSON,'],
  ])('is ignored where it is foreign or broken: %s', (_, text, problem) => {
    expect(read(text)).toEqual({ side: undefined, faults: [expect.stringContaining(problem)] });
  });

  it.each([
    ['"firedAt": 5', 'firedAt'],
    ['"firedAt": "yesterday"', 'firedAt'],
    ['"firedAt": "2026-02-30T00:00:00.000Z"', 'firedAt'],
    ['"correlationId": 7', 'correlationId'],
    ['"correlationId": ""', 'correlationId'],
    [`"correlationId": "${'x'.repeat(10_001)}"`, 'correlationId'],
    ['"traceparent": "00-0-0-00"', 'traceparent'],
    [`"traceparent": "${TRACE}-more"`, 'traceparent'],
    [`"traceparent": "00-${'0'.repeat(32)}-b7ad6b7169203331-01"`, 'traceparent'],
    [`"traceparent": "00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01"`, 'traceparent'],
    [`"traceparent": "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"`, 'traceparent'],
    [`"traceparent": "${TRACE.toUpperCase()}"`, 'traceparent'],
    [`"traceparent": "01${TRACE.slice(2)}-\\u001b[2J"`, 'traceparent'],
    ['"tracestate": "\\n"', 'tracestate'],
    ['"headers": [1]', 'headers'],
    ['"headers": "x"', 'headers'],
    [`"headers": ${'{"a": '.repeat(40)}1${'}'.repeat(40)}`, 'headers'],
    [`"headers": {"n": ${'1'.repeat(4_301)}}`, 'headers'],
    [`"headers": {"n": 12345678901234567}, "x": ${'['.repeat(50_000)}${']'.repeat(50_000)}`, ''],
    ['"unknown": 1, "others": 2', 'not known'],
    ['"__proto__": {"causationId": "x"}', 'not known'],
    ['"headers": {"a": {"__proto__": {"b": 1}}}, "tracestate": 1', '__proto__'],
  ])('loses a key that is not as ours, and no other one: %s', (members, named) => {
    const { side, faults } = read(
      `{"firedAt": "2026-11-28T02:03:04.005Z", ${members}, "causationId": "c1"}`,
    );
    // Of a key that is there twice, JSON has the last.
    expect(side?.causationId).toBe('c1');
    expect(faults?.[0]).toContain(named);
    expect(JSON.stringify(side)).not.toContain('__proto__');
    expect(Object.getPrototypeOf(side)).toBe(Object.prototype);
  });

  it.each(['01', 'cc'])(
    'takes a traceparent of a later version %s, with what it adds',
    (version) => {
      const traceparent = `${version}${TRACE.slice(2)}-what-comes`;
      expect(read(JSON.stringify({ traceparent })).side?.traceparent).toBe(traceparent);
    },
  );

  it.each([
    ['2026-11-28T04:03:04.005+02:00', '2026-11-28T02:03:04.005Z'],
    ['2026-11-28 02:03:04', '2026-11-28T02:03:04.000Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
  ])('takes a time of ISO 8601, whoever wrote it: %s', (firedAt, expected) => {
    expect(read(JSON.stringify({ firedAt })).side?.firedAt).toBe(Date.parse(expected));
  });

  it('says nothing where its value is empty, which is nothing to warn of', () => {
    expect(read('')).toEqual({ side: undefined, faults: undefined });
    expect(read('{}')).toEqual({ side: undefined, faults: undefined });
  });

  it('counts once: of several, the last', () => {
    expect(read('{"causationId": "a"}', 'broken', '{"causationId": "b"}')).toEqual({
      side: { ...NOTHING, causationId: 'b' },
      faults: undefined,
    });
    expect(read('{"causationId": "a"}', '').side).toBeUndefined();
  });

  it('changes nothing else of an entry, and never makes it fail, whatever stands in it', () => {
    const good: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
      firedAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ...{ correlationId: fc.string({ unit: 'binary' }), causationId: fc.string() },
      ...{ traceparent: fc.constant(TRACE), tracestate: fc.constantFrom('a=1', '\n', ' ') },
      headers: fc.dictionary(fc.string(), fc.jsonValue()),
    };
    const foreign = fc.oneof(fc.jsonValue(), fc.constantFrom('', -0, 1e308, [[]], { a: null }));
    const members = Object.entries(good).map(([key, value]) =>
      fc.tuple(fc.constant(key), fc.oneof(value, foreign)),
    );
    const strange = fc.tuple(fc.constantFrom('__proto__', 'constructor', 'toString', 'x'), foreign);
    // Not of an object, which has each key once, and no integer of many digits.
    const object = fc
      .array(fc.oneof(...members, strange))
      .map((all) => all.map(([key, value]) => `"${key}": ${JSON.stringify(value)}`))
      .chain((all) =>
        fc
          .constantFrom('', ', "n": NaN', `, "n": ${'9'.repeat(5_000)}`)
          .map((more) => `{"id": "other", ":n": 2${more}${all.map((one) => `, ${one}`).join('')}}`),
      );
    const broken = fc
      .tuple(object, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(
        ([text, at, by]) =>
          text.slice(0, at % text.length) + by + text.slice((at % text.length) + 1),
      );
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), object, broken);
    const kinds = new Set<string>();
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 3 }), fc.nat(5), (values, place) => {
        const own = [...METADATA, ':n', '1'];
        const fields = [...own];
        for (const value of values) fields.splice(place * 2, 0, '', value);
        const { side, sideFaults, ...entry } = decoded(fields);
        expect(entry).toEqual(bare(decoded(own)));
        for (const fault of sideFaults ?? []) kinds.add(fault);
        if (side !== undefined)
          expect(readSide(writeSide(side))).toEqual({ side, sideFaults: undefined });
      }),
      { numRuns: 500 },
    );
    // Each is told once for an API: there is no end to what strangers write, but to these.
    expect(kinds.size).toBeLessThanOrEqual(11);
  });

  it.each(['', 'x', '{}', '{"correlationId": "c", "id": "i", "api_name": "store.orders"}'])(
    'makes no event of an entry that has nothing else: %p',
    (value) => {
      const kind = value === '' ? 'noop' : 'malformed';
      for (const fields of [
        ['', value],
        ['', 'other', '', value],
      ]) {
        expect(deserialize(fields, 'store.orders.placed:stream', '1-0').kind).toBe(kind);
      }
    },
  );
});

function decoded(fields: readonly string[]) {
  const entry = deserialize(fields, 'store.orders.*:stream', '1-0');
  if (entry.kind !== 'event') throw new Error(`Expected an event, got ${entry.kind}.`);
  return entry;
}

function bare({ side: _, sideFaults: __, ...entry }: ReturnType<typeof decoded>) {
  return entry;
}

const name = fc.string().filter((one) => one !== '__proto__');

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}
