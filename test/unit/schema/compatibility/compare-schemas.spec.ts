import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import {
  compareSchemas,
  type SchemaChange,
} from '../../../../lib/schema/compatibility/compare-schemas.js';

type Json = Record<string, unknown>;

const object = (properties: Json, required: string[] = Object.keys(properties)): Json => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const STRING = { type: 'string' };
const INTEGER = { type: 'integer' };
const NULL = { type: 'null' };

const only = (changes: SchemaChange[]) => changes.map(({ path, breaks }) => [path, breaks]);

describe('compareSchemas', () => {
  it.each<[string, Json, Json, [string, string][]]>([
    ['nothing', object({ a: STRING }), object({ a: STRING }), []],
    [
      'words',
      { ...object({ a: STRING }), title: 'x' },
      object({ a: { ...STRING, default: '' } }),
      [],
    ],
    ['an optional property', object({ a: STRING }), object({ a: STRING, b: STRING }, ['a']), []],
    [
      'a required property',
      object({ a: STRING }),
      object({ a: STRING, b: STRING }),
      [['b', 'old events']],
    ],
    ['required now', object({ a: STRING }, []), object({ a: STRING }), [['a', 'old events']]],
    ['not required now', object({ a: STRING }), object({ a: STRING }, []), [['a', 'old readers']]],
    ['removed', object({ a: STRING, b: STRING }), object({ a: STRING }), [['b', 'both']]],
    [
      'removed, was optional',
      object({ a: STRING, b: STRING }, ['a']),
      object({ a: STRING }),
      [['b', 'old events']],
    ],
    ['another type', object({ a: STRING }), object({ a: INTEGER }), [['a', 'both']]],
    [
      'a wider type',
      object({ a: INTEGER }),
      object({ a: { type: 'number' } }),
      [['a', 'old readers']],
    ],
    [
      'a narrower type',
      object({ a: { type: ['string', 'null'] } }),
      object({ a: STRING }),
      [['a', 'old events']],
    ],
    [
      'null allowed',
      object({ a: STRING }),
      object({ a: { anyOf: [STRING, NULL] } }),
      [['a', 'old readers']],
    ],
    [
      'null in other words',
      object({ a: { type: ['string', 'null'] } }),
      object({ a: { anyOf: [NULL, STRING] } }),
      [],
    ],
    [
      'a narrower enum',
      object({ a: { enum: ['x', 'y'] } }),
      object({ a: { enum: ['x'] } }),
      [['a', 'old events']],
    ],
    [
      'a wider enum',
      object({ a: { enum: ['x'] } }),
      object({ a: { enum: ['x', 'y'] } }),
      [['a', 'old readers']],
    ],
    [
      'narrower bounds',
      object({ a: { ...INTEGER, minimum: 0 } }),
      object({ a: { ...INTEGER, minimum: 1 } }),
      [['a', 'old events']],
    ],
    [
      'bounds in other words',
      object({ a: { type: 'number', exclusiveMinimum: 1 } }),
      object({ a: { type: 'number', minimum: 1 } }),
      [['a', 'old readers']],
    ],
    [
      'longer texts',
      object({ a: { ...STRING, maxLength: 3 } }),
      object({ a: { ...STRING, maxLength: 5 } }),
      [['a', 'old readers']],
    ],
    [
      'a format',
      object({ a: STRING }),
      object({ a: { ...STRING, format: 'uuid' } }),
      [['a', 'old events']],
    ],
    [
      'another pattern',
      object({ a: { ...STRING, pattern: '^a' } }),
      object({ a: { ...STRING, pattern: '^b' } }),
      [['a', 'both']],
    ],
    [
      'items',
      object({ a: { type: 'array', items: object({ b: STRING }) } }),
      object({ a: { type: 'array', items: object({ b: INTEGER }) } }),
      [['a[].b', 'both']],
    ],
    [
      'behind a reference',
      { ...object({ a: { $ref: '#/definitions/A' } }), definitions: { A: object({ b: STRING }) } },
      {
        ...object({ a: { $ref: '#/definitions/A' } }),
        definitions: { A: object({ b: STRING }, []) },
      },
      [['a.b', 'old readers']],
    ],
    [
      'inlined',
      { ...object({ a: { $ref: '#/definitions/A' } }), definitions: { A: object({ b: STRING }) } },
      object({ a: object({ b: STRING }) }),
      [],
    ],
    [
      'what holds itself',
      {
        ...object({ a: { $ref: '#/definitions/A' } }),
        definitions: { A: object({ next: { anyOf: [NULL, { $ref: '#/definitions/A' }] } }) },
      },
      {
        ...object({ a: { $ref: '#/definitions/B' } }),
        definitions: { B: object({ next: { anyOf: [{ $ref: '#/definitions/B' }, NULL] } }) },
      },
      [],
    ],
    [
      'an unknown keyword',
      object({ a: { ...STRING, 'x-strange': 1 } }),
      object({ a: { ...STRING, 'x-strange': 2 } }),
      [['a', 'both']],
    ],
    [
      'items that are about the rest of a list only',
      object({ a: { type: 'array', prefixItems: [STRING], items: INTEGER } }),
      object({ a: { type: 'array', items: INTEGER } }),
      [
        ['a[]', 'old events'],
        ['a', 'old readers'],
      ],
    ],
    [
      'the same unknown keyword',
      object({ a: { not: STRING } }),
      { ...object({ a: { not: STRING } }), title: '' },
      [],
    ],
  ])('tells %s', (_, before, after, expected) => {
    expect(only(compareSchemas(before, after))).toEqual(expected);
  });

  it('says in words what has changed', () => {
    const before = object({ a: STRING, gone: STRING, b: { enum: [1, 2] } });
    const after = object({ a: INTEGER, b: { enum: [1] }, c: STRING });
    expect(
      compareSchemas(before, after)
        .map(({ inWords }) => inWords)
        .sort(),
    ).toEqual([
      `'a': type was "string", and is "integer"`,
      `'b': enum was [1,2], and is [1]`,
      "'c': is new, and required",
      "'gone': was removed",
    ]);
  });

  it.each<[Json, Json, string]>([
    [STRING, { anyOf: [STRING, NULL] }, 'type was "string", and is "string" or "null"'],
    [{ anyOf: [STRING, NULL] }, STRING, 'type was "string" or "null", and is "string"'],
    [{}, STRING, 'type was anything, and is "string"'],
    [STRING, { title: 'x' }, 'type was "string", and is anything'],
  ])('names all types that there were and are: %j', (before, after, words) => {
    const changes = compareSchemas(object({ a: before }), object({ a: after }));
    expect(changes.map(({ inWords }) => inWords)).toEqual([`'a': ${words}`]);
  });

  it('can be given anything, and never fails', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        compareSchemas(before, after);
      }),
    );
    let deep: unknown = STRING;
    for (let level = 0; level < 20_000; level++) deep = { type: 'array', items: deep };
    const changes = compareSchemas(deep, { type: 'array', items: deep });
    expect(changes.map(({ change }) => change)).toEqual(['']);
    const refs = { $ref: '#/definitions/A', definitions: { A: { $ref: '#/definitions/A' } } };
    expect(() => compareSchemas(refs, object({ a: refs }))).not.toThrow();
    const wide = { allOf: numbers(12).map((n) => ({ anyOf: [{ minimum: n }, { maximum: -n }] })) };
    expect(compareSchemas(wide, { ...wide, maximum: 3 }).length).toBeGreaterThan(0);
  });

  // Whatever is reported compatible has no counterexample.
  it.each(['old events', 'old readers'] as const)('finds all that breaks %s', (breaks) => {
    let compatible = 0;
    fc.assert(
      fc.property(
        pairs,
        fc.array(values, { minLength: 20, maxLength: 40 }),
        ([before, after], some) => {
          const found = compareSchemas(before, after);
          if (found.some((one) => one.breaks === breaks || one.breaks === 'both')) return;
          compatible++;
          const [inner, outer] =
            breaks === 'old events' ? [before, after] : [after, opened(before) as Json];
          const [isInner, isOuter] = [compile(inner), compile(outer)];
          for (const value of some)
            if (isInner(value)) expect([value, isOuter(value)]).toEqual([value, true]);
        },
      ),
      { numRuns: 1_500 },
    );
    expect(compatible).toBeGreaterThan(150);
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);

/** What was exchanged may have made it no schema, or one that leads to itself, and nowhere else. */
function compile(schema: Json): (value: unknown) => unknown {
  fc.pre(ajv.validateSchema(schema) === true);
  try {
    return ajv.compile(schema);
  } catch (error) {
    fc.pre(!(error instanceof RangeError));
    throw error;
  }
}

/** As readers take it that ignore what they do not know. */
function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== 'additionalProperties' || value !== false)
      .map(([key, value]) => [key, key === 'enum' || key === 'const' ? value : opened(value)]),
  );
}

const small = fc.integer({ min: -1, max: 3 });
const size = fc.integer({ min: 0, max: 3 });
const names = fc.constantFrom('a', 'b', 'c');
const scalars = fc.oneof(
  small,
  fc.constantFrom(0.5, 1.5, null, true, false, '', 'a', 'ab', 'abc', '2020-01-01'),
);

const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const keywords = (nested: fc.Arbitrary<unknown>): fc.Arbitrary<Json>[] => [
  fc.record({
    type: fc.constantFrom(
      'string',
      'integer',
      'number',
      'null',
      'boolean',
      ['string', 'null'],
      ['integer', 'array'],
    ),
  }),
  fc.record({ enum: fc.uniqueArray(scalars, { minLength: 1, maxLength: 4 }) }),
  fc.record({ const: scalars }),
  fc.record({ minimum: small }),
  fc.record({ maximum: small, type: fc.constant('number') }),
  fc.record({ exclusiveMinimum: small, type: fc.constant('integer') }),
  fc.record({ exclusiveMaximum: small }),
  fc.record({ multipleOf: fc.constantFrom(1, 2, 0.5), type: fc.constant('number') }),
  fc.record({ minLength: size, type: fc.constant('string') }),
  fc.record({ maxLength: size }),
  fc.record({ pattern: fc.constantFrom('^a', 'b$') }),
  fc.record({ format: fc.constantFrom('date', 'email') }),
  fc.record({ items: nested, type: fc.constant('array') }, { requiredKeys: ['items'] }),
  fc.record({ minItems: size, maxItems: size }, { requiredKeys: [] }),
  fc.record({ uniqueItems: fc.boolean(), type: fc.constant('array') }),
  fc.record({ minProperties: size }),
  fc.record({ maxProperties: size }),
  fc.record({ anyOf: fc.array(nested, { minLength: 1, maxLength: 3 }) }),
  fc.record({ allOf: fc.array(nested, { minLength: 1, maxLength: 2 }) }),
  fc.record({ $ref: fc.constantFrom('#/definitions/A', '#/definitions/B') }),
  fc.record({
    patternProperties: fc.dictionary(names, nested, {
      minKeys: 1,
      maxKeys: 1,
      noNullPrototype: true,
    }),
  }),
  fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(names, nested, { maxKeys: 3, noNullPrototype: true }),
      required: fc.uniqueArray(names, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.constant(false), nested),
    },
    { requiredKeys: ['properties'] },
  ),
];

const { schema } = fc.letrec<{ schema: Json | boolean }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json | boolean>({ type: 'string' }, {}, true, { type: 'integer' }, false),
    fc.oneof(...keywords(tie('schema'))),
    fc
      .tuple(...numbers(2).map(() => fc.oneof(...keywords(tie('schema')))))
      .map(([a, b]) => ({ ...a, ...b })),
  ),
}));

/** With definitions that hold each other where values are deeper, so that they come to an end. */
const documents = fc
  .record({
    root: schema,
    A: fc.oneof(
      schema.filter(hasNoReference),
      fc.constant({ type: 'array', items: { $ref: '#/definitions/A' } }),
    ),
    B: fc.oneof(
      schema.filter(hasNoReference),
      fc.constant({
        properties: { a: { $ref: '#/definitions/A' }, b: { $ref: '#/definitions/B' } },
      }),
    ),
  })
  .map(({ root, A, B }): Json => ({
    ...(root === true ? {} : root === false ? { not: {} } : root),
    definitions: { A, B },
  }));

function hasNoReference(one: unknown): boolean {
  return !JSON.stringify(one).includes('$ref');
}

/** A schema, and the same with something changed, added or left out, here and there. */
const pairs = fc
  .tuple(documents, documents, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([one, other, places, isSwapped]): [Json, Json] => {
    const changed = places.reduce<unknown>(
      (current, place) => exchange(current, other, place),
      one,
    ) as Json;
    const after =
      typeof changed === 'object' && changed !== null && 'definitions' in changed
        ? changed
        : { ...other };
    const whole = {
      ...after,
      definitions: { ...(other.definitions as Json), ...(after.definitions as Json) },
    };
    return isSwapped ? [whole, one] : [one, whole];
  });

/** Puts a part of another document in the place of one of this, or leaves it out. */
function exchange(target: unknown, source: Json, place: number): unknown {
  const places = placesIn(target);
  const path = places[place % places.length] ?? [];
  const other = placesIn(source);
  const part = at(source, other[(place * 7) % other.length] ?? []);
  return put(target, path, place % 3 === 0 ? undefined : part);
}

function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const here = [...path, key];
    const isSchema = !['type', 'enum', 'const', 'required', '$ref', 'definitions'].includes(key);
    return isSchema
      ? [here, ...placesIn(item, here)]
      : key === 'definitions'
        ? placesIn(item, here)
        : [];
  });
}

function at(value: unknown, path: string[]): unknown {
  return path.reduce<unknown>((current, key) => (current as Json)[key], value);
}

function put(value: unknown, [key, ...rest]: string[], part: unknown): unknown {
  if (key === undefined) return value;
  const copy = { ...(value as Json) };
  if (rest.length > 0) copy[key] = put(copy[key], rest, part);
  else if (part === undefined) Reflect.deleteProperty(copy, key);
  else if (typeof part === typeof copy[key] && Array.isArray(part) === Array.isArray(copy[key]))
    copy[key] = part;
  return copy;
}
