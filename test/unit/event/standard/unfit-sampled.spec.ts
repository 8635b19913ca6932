import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import fc from 'fast-check';
import { defineEvent, EventDefinitionError } from 'nestjs-lightbus';
import { z } from 'zod';
import { samplePayloads } from '../../../../lib/event/standard/sample-values.js';
import { cases } from './generated-schemas.js';
import { ZOD } from './generated-zod.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;
type Pair = readonly [z.ZodType, z.ZodType];
type Validate = StandardSchemaV1.Props['validate'];

/** A schema of a library that says nothing of how it is made, with the JSON Schema of another that only checks. */
function hidden(validate: Validate, said?: z.ZodType): ObjectSchema {
  const jsonSchema = said?.['~standard'].jsonSchema;
  const standard = { version: 1, vendor: 'hidden', validate, ...(jsonSchema && { jsonSchema }) };
  return { '~standard': standard } as unknown as ObjectSchema;
}

function define(schema: ObjectSchema): () => unknown {
  return () => defineEvent('sampled.made', schema);
}

/** What only checks, and what changes, with the same JSON Schema. */
const PAIRS: Readonly<Record<string, Pair>> = {
  trim: [z.string(), z.string().trim()],
  'trim of a longer text': [z.string().min(3), z.string().min(3).trim()],
  toLowerCase: [z.string(), z.string().toLowerCase()],
  toUpperCase: [z.string().max(2), z.string().max(2).toUpperCase()],
  normalize: [z.string(), z.string().normalize()],
  'a text without spaces': [z.string(), z.string().overwrite((text) => text.replaceAll(' ', ''))],
  'a cut text': [z.string(), z.string().overwrite((text) => text.slice(0, 3))],
  round: [z.number(), z.number().overwrite(Math.round)],
  abs: [z.number(), z.number().overwrite(Math.abs)],
  'abs of whole numbers': [z.int(), z.int().overwrite(Math.abs)],
  clamp: [
    z.number().max(100),
    z
      .number()
      .max(100)
      .overwrite((n) => Math.min(n, 99)),
  ],
  'coercion to a number': [z.number(), z.coerce.number()],
  'coercion to a text': [z.string(), z.coerce.string()],
  'coercion to a boolean': [z.boolean(), z.coerce.boolean()],
  'an enum': [
    z.enum(['x', 'y', 'z']),
    z.enum(['x', 'y', 'z']).transform((one) => (one === 'z' ? 'y' : one)),
  ],
  'a list without equal items': [
    z.array(z.string()),
    z.array(z.string()).overwrite((list) => [...new Set(list)]),
  ],
  'a sorted list': [z.array(z.string()), z.array(z.string()).overwrite((list) => [...list].sort())],
  'a time in UTC': [
    z.iso.datetime({ offset: true }),
    z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
  ],
  'a date': [z.iso.date(), z.iso.date().transform((text) => new Date(text))],
  'an address in lower case': [z.email(), z.email().toLowerCase()],
  'a URL that is normalised': [z.url(), z.url().transform((text) => new URL(text).href)],
};
/** Of these only a property shows it. */
const PAIRS_OF_PROPERTIES: Readonly<Record<string, Pair>> = {
  null: [
    z.string().nullable(),
    z
      .string()
      .nullable()
      .transform((one) => one ?? ''),
  ],
  'a default': [z.string().optional(), z.string().default('x')],
};
type Wrap = (one: z.ZodType) => z.ZodType;
const PROPERTIES: readonly Wrap[] = [
  (one) => z.object({ inner: one }),
  (one) => z.object({ 'an optional': z.number().optional(), 'x.y': one.optional() }),
  (one) => z.object({ a: z.string() }).and(z.object({ b: one })),
];
const AROUND: readonly Wrap[] = [
  ...PROPERTIES,
  (one) =>
    z.strictObject({ kind: z.literal('x'), list: z.array(z.int()).min(2), constructor: one }),
  (one) => z.array(one),
  (one) => z.array(one).min(2).max(3),
  (one) => z.record(z.string(), one),
  (one) => z.tuple([z.boolean(), one]),
  (one) => z.nullable(one),
  (one) => z.union([z.array(z.null()).max(0), z.object({ one })]),
  (one) => z.lazy(() => one),
];

describe('a schema of a library that does not say how it is made', () => {
  it('is refused where it changes values, wherever that is hidden', () => {
    const hiddenIn = (pairs: Readonly<Record<string, Pair>>, around: readonly Wrap[]) =>
      fc.record({
        pair: fc.constantFrom(...Object.keys(pairs)).map((name) => pairs[name]!),
        wraps: fc.array(fc.constantFrom(...around), { maxLength: 2 }),
      });
    const places = fc.oneof(
      { arbitrary: hiddenIn(PAIRS, AROUND), weight: 5 },
      { arbitrary: hiddenIn(PAIRS_OF_PROPERTIES, PROPERTIES), weight: 1 },
    );
    fc.assert(
      fc.property(places, ({ pair: [said, made], wraps }) => {
        const within = (one: z.ZodType) => {
          const inner = wraps.reduce((inside, wrap) => wrap(inside), one);
          return z.object({ id: z.uuid(), at: inner, other: z.number().min(5).optional() });
        };
        const { validate } = within(made)['~standard'];
        expect(define(hidden(validate, within(said)))).toThrow(EventDefinitionError);
      }),
      { numRuns: 150 },
    );
  });

  it('is taken where it only checks, whatever it is', () => {
    fc.assert(
      fc.property(cases(ZOD, 1), ({ schema }) => {
        const { validate } = schema['~standard'];
        const said = schema as z.ZodType;
        // zod takes what every object inherits for optional properties of these names.
        fc.pre(!/"(constructor|toString)"/.test(JSON.stringify(z.toJSONSchema(said))));
        expect(define(hidden(validate, said))).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  it('is told where, and what', () => {
    const made = z.object({ a: z.object({ b: z.string().trim() }), c: z.string().default('x') });
    const said = z.object({ a: z.object({ b: z.string() }), c: z.string().optional() });
    expect(define(hidden(made['~standard'].validate, said))).toThrow(
      /of this hidden schema, which changes valid values: a transform or a coercion at a\.b, a default at c\. /,
    );
  });

  it('shows defaults without a JSON Schema, too', () => {
    const validate: Validate = (value) => ({ value: { kind: 'x', ...(value as object) } });
    expect(define(hidden(validate))).toThrow('a default at kind');
  });

  it('is taken where it refuses, throws, answers later, or only takes out what it does not know', () => {
    const { jsonSchema: _, ...standard } = z.object({ a: z.string() })['~standard'];
    const all: Validate[] = [
      () => ({ issues: [{ message: 'no' }] }),
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('no')),
      () => Promise.resolve({ value: { changed: true } }),
      standard.validate,
    ];
    for (const validate of all) {
      expect(define(hidden(validate, z.looseObject({ a: z.string() })))).not.toThrow();
    }
  });

  it('is asked only a limited number of times, however large it is', () => {
    const shape = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`p${i}`, z.string()] as const),
    );
    let asked = 0;
    const validate: Validate = (value) => {
      asked++;
      return { value };
    };
    define(hidden(validate, z.object(shape)))();
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(1_000);
  });

  it('is looked through only so far, however often it is in itself', () => {
    let looked = 0;
    const node = { type: 'object', properties: {}, additionalProperties: false };
    const definitions = {
      get node() {
        looked++;
        return node;
      },
    };
    const places = Array.from({ length: 100 }, (_, i) => [`n${i}`, { $ref: '#/definitions/node' }]);
    node.properties = Object.fromEntries(places) as object;
    const samples = samplePayloads({ ...node, definitions: Object.create(definitions) as object });
    expect(samples.length).toBeGreaterThan(1);
    expect(looked).toBeGreaterThan(100);
    expect(looked).toBeLessThan(10_000);
  });
});
