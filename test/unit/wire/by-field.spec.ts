import { describe, expect, it } from '@jest/globals';
import { EventSerializationError } from '../../../lib/fire-errors.js';
import { type DecodedEvent, deserialize, serialize } from '../../../lib/wire/by-field.js';

const PER_API = 'store.orders.*:stream';
const PER_EVENT = 'store.orders.placed:stream';
const METADATA = ['id', 'i1', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];

function without(name: string): string[] {
  const at = METADATA.indexOf(name);
  return METADATA.toSpliced(at, 2);
}

function having(name: string, value: string): string[] {
  return METADATA.with(METADATA.indexOf(name) + 1, value);
}

function decode(fields: readonly string[], stream = PER_API): DecodedEvent {
  const entry = deserialize(fields, stream, '17-0');
  if (entry.kind !== 'event') throw new Error(`expected an event, got ${JSON.stringify(entry)}`);
  return entry;
}

describe('serialize', () => {
  const event = { id: 'i1', apiName: 'store.orders', eventName: 'placed', version: 2 };

  it('writes the four metadata fields, then one field for each parameter in the order given', () => {
    expect(
      serialize({ ...event, parameters: { z: 'é', a: [1], none: undefined, n: null } }),
    ).toEqual([
      ...['id', 'i1', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '2'],
      ...[':z', '"\\u00e9"', ':a', '[1]', ':n', 'null'],
    ]);
  });

  it('names the parameter that can not be written', () => {
    const parameters = { lines: [{ price: () => 1 }] };
    expect(() => serialize({ ...event, parameters })).toThrow(EventSerializationError);
    expect(() => serialize({ ...event, parameters })).toThrow("at 'lines.0.price'");
  });

  it('refuses a name that UTF-8 can not carry, each time', () => {
    const parameters = { 'a\udc00': 1 };
    for (let i = 0; i < 2; i++)
      expect(() => serialize({ ...event, parameters })).toThrow(/"a\\udc00" can't be stored/);
    expect(serialize({ ...event, parameters: { 'a😀': 1 } })).toContain(':a😀');
  });

  it('refuses what is nested deeper than Python can validate', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200; level++) deep = { deep };
    expect(serialize({ ...event, parameters: { deep } })).toContain(':deep');
    const deeper = { deep: [deep] };
    expect(() => serialize({ ...event, parameters: deeper })).toThrow("at 'deep'");
  });
});

describe('deserialize', () => {
  it('reads what serialize writes, without a note', () => {
    const event = {
      ...{ id: 'i1', apiName: 'store.orders', eventName: 'placed', version: 3 },
      parameters: { a: { b: [1, 'x', null] }, big: 2n ** 64n, nan: NaN },
    };
    expect(decode(serialize(event))).toEqual({ kind: 'event', ...event, notes: [] });
  });

  it.each([[['', '']], [['', '', '', '']], [['', 'x', '', '']]])('takes %j as no-op', (fields) => {
    expect(deserialize(fields, PER_API, '1-0')).toEqual({ kind: 'noop' });
    expect(deserialize(fields, PER_EVENT, '1-0')).toEqual({ kind: 'noop' });
  });

  it.each([
    ['no fields', []],
    ['an odd number of fields', ['id']],
    ['only an empty name with a value', ['', 'x']],
    ['only fields that nobody knows', ['noop', '']],
  ])('takes %s as malformed on any stream', (_, fields) => {
    for (const stream of [PER_API, PER_EVENT]) {
      const entry = deserialize(fields, stream, '1-0');
      expect(entry).toEqual({ kind: 'malformed', reason: expect.stringMatching(/\w/) });
    }
  });

  it('ignores a field with an empty name without a note', () => {
    expect(decode(['', '{"traceparent": "00-0a"}', ...METADATA, '', 'y'])).toMatchObject({
      id: 'i1',
      parameters: {},
      notes: [],
    });
  });

  it.each(['traceparent', 'native_id', 'stream', '@tp', 'constructor', '__proto__', 'a\nb'])(
    'ignores the unknown metadata field %j with a note',
    (name) => {
      const event = decode([...METADATA, name, '1-1']);
      expect(event).toMatchObject({ id: 'i1', parameters: {} });
      expect(event.notes).toEqual([`unknown metadata field ${JSON.stringify(name)} ignored`]);
    },
  );

  it.each([without('id'), having('id', '')])(
    'takes the entry id where there is no id: %j',
    (...fields) => {
      const event = decode(fields);
      expect(event.id).toBe('17-0');
      expect(event.notes).toEqual(['no id: the entry id takes its place']);
    },
  );

  it.each([without('api_name'), having('api_name', '')])(
    "takes the API of the stream's name where there is none: %j",
    (...fields) => {
      const event = decode(fields);
      expect(event.apiName).toBe('store.orders');
      expect(event.notes).toEqual(["no api_name: taken from the stream's name"]);
      expect(deserialize(fields, 'elsewhere', '1-0')).toMatchObject({ kind: 'malformed' });
    },
  );

  it.each([without('event_name'), having('event_name', '')])(
    "takes the event of the stream's name where there is none, if the stream is that event's: %j",
    (...fields) => {
      const event = decode(fields, PER_EVENT);
      expect(event.eventName).toBe('placed');
      expect(event.notes).toEqual(["no event_name: taken from the stream's name"]);
      expect(deserialize(fields, PER_API, '1-0')).toEqual({
        kind: 'malformed',
        reason: expect.stringContaining('event_name'),
      });
    },
  );

  it('believes the fields rather than the name of the stream', () => {
    expect(decode(having('api_name', 'other.api'), PER_EVENT)).toMatchObject({
      apiName: 'other.api',
      notes: [],
    });
    expect(decode(METADATA, 'elsewhere')).toMatchObject({ apiName: 'store.orders', notes: [] });
  });

  it.each([
    [' 3 ', 3],
    ['-1', -1],
    ['0', 0],
    ['٣', 3],
  ])("takes the version %j as Python's int() does", (text, version) => {
    expect(decode(having('version', text))).toMatchObject({ version, notes: [] });
  });

  it.each(['', 'abc', '1.0', '1e3'])('takes the version %j as 1, with a note', (text) => {
    const event = decode(having('version', text));
    expect(event.version).toBe(1);
    expect(event.notes).toEqual([expect.stringContaining('version')]);
  });

  it('takes a missing version as 1, with a note', () => {
    expect(decode(without('version'))).toMatchObject({
      version: 1,
      notes: ['no version: taken as 1'],
    });
  });

  it.each(['hello', '', "'x'", 'undefined', '\ufeff"x"', '"a\nb"', '"x" junk', 'True'])(
    'hands a parameter that is no JSON over as text, with a note: %j',
    (text) => {
      const event = decode([...METADATA, ':a', text, ':b', '1']);
      expect(event.parameters).toEqual({ a: text, b: 1 });
      expect(event.notes).toEqual(['parameter "a" is no JSON: handed over as text']);
    },
  );

  it('takes the last of two fields of one name', () => {
    expect(decode([...METADATA, ':a', '1', ':a', '"last"', 'event_name', 'paid'])).toMatchObject({
      eventName: 'paid',
      parameters: { a: 'last' },
      notes: [],
    });
    expect(decode([...METADATA, ':a', 'no JSON', ':a', '1']).notes).toEqual([]);
  });

  it('takes fields in any order', () => {
    expect(
      decode([':b', '1', ...METADATA.toReversed().reduce(swapPairs, []), ':a', '2']),
    ).toMatchObject({
      id: 'i1',
      eventName: 'placed',
      parameters: { b: 1, a: 2 },
      notes: [],
    });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'a-b', '', ':x', 'id', 'naïve', '\ufffd'])(
    'makes a parameter named %j an own property like any other',
    (name) => {
      const { parameters, notes } = decode([...METADATA, `:${name}`, '{"a": 1}']);
      expect(Object.entries(parameters)).toEqual([[name, { a: 1 }]]);
      expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
      expect(notes).toEqual([]);
    },
  );

  it('notes once that __proto__ was left out, however often it is there', () => {
    const event = decode([...METADATA, ':__proto__', '1', ':a', '1', ':__proto__', '2']);
    expect(event.notes).toEqual(["parameter '__proto__' left out"]);
    const twice = decode([...METADATA, ':__proto__', '1', ':a', '1', ':a', '2']);
    expect(twice.notes).toEqual(["parameter '__proto__' left out"]);
  });

  it('leaves __proto__ out, as a parameter and inside one, with notes', () => {
    const event = decode([...METADATA, ':__proto__', '{"x": 1}', ':a', '{"__proto__": {"x": 1}}']);
    expect(Object.entries(event.parameters)).toEqual([['a', {}]]);
    expect((event.parameters.a as { x?: number }).x).toBeUndefined();
    expect(event.notes).toEqual([
      "parameter '__proto__' left out",
      'parameter "a": a key \'__proto__\' was left out',
    ]);
  });

  it('runs no setter that somebody put on every object', () => {
    const calls: unknown[] = [];
    Object.defineProperty(Object.prototype, 'trap', {
      configurable: true,
      set: (value) => calls.push(value),
    });
    try {
      expect(Object.keys(decode([...METADATA, ':trap', '1']).parameters)).toEqual(['trap']);
    } finally {
      delete (Object.prototype as { trap?: unknown }).trap;
    }
    expect(calls).toEqual([]);
  });

  it('keeps the notes short, whatever an entry holds', () => {
    const fields = Array.from({ length: 100_000 }, (_, i) => [`field${i}`, 'x']).flat();
    const { notes } = decode([...METADATA, 'x'.repeat(1_000_000), '', ...fields]);
    expect(notes.length).toBeLessThan(30);
    expect(notes.join().length).toBeLessThan(3_000);
    expect(notes.at(-1)).toMatch(/^\d+ more/);
  });

  it('takes entries of any size in linear time', () => {
    const fields = Array.from({ length: 50_000 }, (_, i) => [`:p${i}`, String(i)]).flat();
    expect(Object.keys(decode([...METADATA, ...fields]).parameters)).toHaveLength(50_000);
    const text = JSON.stringify('x'.repeat(5_000_000));
    expect(decode([...METADATA, ':a', text]).parameters.a).toHaveLength(5_000_000);
    expect(decode([...METADATA, ':a', `[NaN, ${text}]`]).parameters.a).toHaveLength(2);
  });

  it('never throws, whatever the fields are', () => {
    const random = mulberry32(20_240_102);
    const kinds = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const fields = Array.from({ length: Math.floor(random() * 12) }, () => randomText(random));
      const entry = deserialize(fields, random() < 0.5 ? PER_API : PER_EVENT, '1-0');
      kinds.add(entry.kind);
      if (entry.kind === 'event') {
        expect(entry.eventName).not.toBe('');
        expect(entry.id).not.toBe('');
        expect(Number.isSafeInteger(entry.version)).toBe(true);
        expect(Object.getPrototypeOf(entry.parameters)).toBe(Object.prototype);
      }
    }
    expect([...kinds].sort()).toEqual(['event', 'malformed', 'noop']);
  });
});

/** Puts name and value of reversed pairs back in their order. */
function swapPairs(pairs: string[], text: string, index: number): string[] {
  return index % 2 === 0 ? [...pairs, '', text] : pairs.with(-2, text);
}

function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TOKENS = [
  ...['', '', ':', 'id', 'api_name', 'event_name', 'version', ':a', ':__proto__', '__proto__'],
  ...[
    '1',
    '-',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ': ',
    '\\',
    '\\u005f',
    'NaN',
    'Infinity',
    'null',
    'e5',
  ],
  ...[
    '9'.repeat(20),
    '0',
    '.',
    '\n',
    '\0',
    '\ud800',
    '😀',
    '٣',
    'x',
    '{"__proto__": 1}',
    '[[',
    'constructor',
  ],
];

function randomText(random: () => number): string {
  const count = Math.floor(random() * random() * 8) + 1;
  return Array.from({ length: count }, () => TOKENS[Math.floor(random() * TOKENS.length)]).join('');
}
