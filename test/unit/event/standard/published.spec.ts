import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { scope, type as ark } from 'arktype';
import fc from 'fast-check';
import { defineEvent, EventValidationError } from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { encode, type EncodedEvent } from '../../../../lib/event/codec.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { warningsOfFired } from '../../../../lib/event/class-survey.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;

function define(schema: ObjectSchema) {
  return getEventDefinition(defineEvent('published.made', schema))!;
}

function published(schema: ObjectSchema): Record<string, unknown> {
  return eventSchema(define(schema)).parameters as Record<string, unknown>;
}

const HEAD = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Event published.made parameters',
  type: 'object',
};
const text = { type: 'string' };

describe('what is published of an event of defineEvent', () => {
  it('is what the library says, closed at every depth', () => {
    const schemas = [
      z.object({ a: z.string(), b: z.object({ c: z.string() }).optional() }),
      z.strictObject({ a: z.string(), b: z.strictObject({ c: z.string() }).optional() }),
      ark({ a: 'string', 'b?': { c: 'string' } }),
    ];
    for (const schema of schemas) {
      const inner = {
        type: 'object',
        properties: { c: text },
        required: ['c'],
        additionalProperties: false,
      };
      expect(published(schema)).toEqual({
        ...HEAD,
        properties: { a: text, b: inner },
        required: ['a'],
        additionalProperties: false,
      });
      expect(warningsOfFired(define(schema))).toEqual([]);
    }
  });

  it('lets through what the schema lets through', () => {
    expect(
      published(z.looseObject({ a: z.string(), b: z.record(z.string(), z.int32()) })),
    ).toMatchObject({
      properties: { b: { additionalProperties: { type: 'integer' } } },
      additionalProperties: {},
    });
    expect(published(ark({ '[string]': 'number' }))).toEqual({
      ...HEAD,
      additionalProperties: { type: 'number' },
    });
    expect(published(ark({ a: 'object' }))).toMatchObject({
      properties: { a: { type: 'object' } },
    });
  });

  it('takes what only a later branch of a union knows, and nothing that none knows', () => {
    const name = z.object({ first: z.string() });
    const full = z.object({ first: z.string(), last: z.string() });
    const schemas = [
      z.object({ a: z.union([name, full]) }),
      z.object({ a: z.array(z.union([name, full])) }),
    ];
    const fire = (schema: ObjectSchema, a: object) => () =>
      encode(define(schema), { a: schema === schemas[1] ? [a] : a }, { validate: true });
    for (const schema of schemas) {
      expect(fire(schema, { first: 'x', last: 'y' })).not.toThrow();
      expect(fire(schema, { first: 'x', middle: 'y' })).toThrow('property middle should not exist');
      expect(fire(schema, { first: 'x', last: 1 })).toThrow(EventValidationError);
    }
  });

  it('closes unions, and knows all names where several schemas hold together', () => {
    const union = published(
      z.discriminatedUnion('k', [
        z.object({ k: z.literal('x'), x: z.string() }),
        z.object({ k: z.literal('y'), y: z.string() }),
      ]),
    );
    expect(union).toMatchObject({
      ...HEAD,
      oneOf: [{ additionalProperties: false }, { additionalProperties: false }],
    });
    const both = published(
      z
        .object({ a: z.string() })
        .and(z.union([z.object({ b: z.string() }), z.object({ c: z.string() })])),
    );
    const ajv = new Ajv();
    const accepts = (value: unknown) => ajv.validate(both, value);
    expect(
      [
        { a: '', b: '' },
        { a: '', c: '' },
      ].map(accepts),
    ).toEqual([true, true]);
    expect([{ a: '' }, { b: '' }, { a: '', b: '', d: '' }].map(accepts)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('refers to itself, and to nothing else', () => {
    const node = z.object({
      v: z.string(),
      get kids(): z.ZodArray<z.ZodObject> {
        return z.array(node);
      },
    });
    const tree = scope({ node: { v: 'string', 'kids?': 'node[]' } }).export().node;
    for (const schema of [node, tree as unknown as ObjectSchema]) {
      const json = published(schema);
      expect(json).toMatchObject({ ...HEAD, properties: { v: text }, additionalProperties: false });
      const refs = JSON.stringify(json).match(/"\$ref":"[^"]*"/g);
      expect(refs?.every((ref) => ref.startsWith('"$ref":"#'))).toBe(true);
      const ajv = new Ajv();
      expect(ajv.validate(json, { v: '', kids: [{ v: '', kids: [] }] })).toBe(true);
      expect(ajv.validate(json, { v: '', kids: [{ v: '', kids: [], x: 1 }] })).toBe(false);
    }
  });

  it('of a library without JSON Schema is an object, with a warning', () => {
    expect(published(v.object({ a: v.string() }))).toEqual(HEAD);
    expect(warningsOfFired(define(v.object({ a: v.string() })))).toEqual([
      expect.stringMatching(
        /^The schema that is published of 'published.made' says nothing of its properties, as valibot gives no/,
      ),
    ]);
  });

  it('leaves out patterns and formats that Python may not understand, with a warning', () => {
    const schema = z.object({
      a: z.string().regex(/^\p{L}+$/u),
      b: z.string().regex(/^a$/i),
      c: z.string().regex(/^(?<year>\d+)$/),
      d: z.string().regex(/^\d+$/),
      e: z.cuid2(),
      f: z.emoji(),
      g: z.string().regex(/^a/).regex(/b$/i),
    });
    const { properties } = published(schema) as { properties: Record<string, unknown> };
    expect(properties).toEqual({
      ...{ a: text, b: text, f: text, g: text },
      c: { type: 'string', pattern: '^(?:[0-9]+)(?![\\s\\S])' },
      d: { type: 'string', pattern: '^[0-9]+(?![\\s\\S])' },
      e: { type: 'string', pattern: '^[0-9a-z]+(?![\\s\\S])' },
    });
    const [warning, ...others] = warningsOfFired(define(schema));
    expect(warning).toMatch(/leaves out rules that only zod knows: .*\/\^a\$\/i.*\\p\{L\}/);
    expect(others).toEqual([]);
    expect(() =>
      encode(
        define(schema),
        { a: 'é', b: 'A', c: '1', d: '1', e: 'c123456', f: '😀', g: 'aB' },
        { validate: true },
      ),
    ).not.toThrow();
  });

  it('holds where a pipe checks twice', () => {
    const json = published(z.object({ a: z.string().min(2).pipe(z.string().max(3)) }));
    const ajv = new Ajv();
    const accepts = (a: string) => ajv.validate(json, { a });
    expect(['a', 'ab', 'abcd'].map(accepts)).toEqual([false, true, false]);
    expect(ajv.validate(json, { a: 'ab', b: 1 })).toBe(false);
  });

  it('refuses what JSON Schema counts in another way', () => {
    const encoded = (schema: ObjectSchema, a: unknown) => () =>
      encode(define(schema), { a }, { validate: true });
    // One character, and two units.
    expect(encoded(ark({ a: 'string >= 2' }), '😀')).toThrow('by the schema that is published');
    expect(encoded(z.object({ a: z.number().multipleOf(0.1) }), 0.3)).toThrow('multiple of 0.1');
  });

  it('is no object, and is not published', () => {
    const list = z.array(z.string()) as unknown as ObjectSchema;
    expect(published(list)).toEqual(HEAD);
  });
});

/** A schema of zod that says with its structure what it accepts, and values that it should accept. */
interface Sample {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const NAMES = ['a', 'b', 'c', 'constructor', 'toString', '$ref', 'x y'];
// zod throws a TypeError where an object's own `length` is compared with that of a text.
const NAME = fc.string().filter((name) => name !== 'length');
const some = (schema: z.ZodType, ...values: unknown[]): Sample => ({
  schema,
  values: fc.constantFrom(...values),
});
const SCALARS = [
  some(z.string(), '', 'x', '😀', '\n', '\u0000'),
  some(z.string().min(2).max(3), 'ab', '😀😀', '😀'),
  some(z.number(), 0, -0, 1.5, 1e300, 2 ** 60),
  some(z.number().gt(1).lte(3), 2, 3),
  some(z.number().multipleOf(0.1), 0.3, 0.5, 1),
  some(z.int(), 1, -1, 2 ** 53 - 1),
  some(z.boolean(), true),
  some(z.null(), null),
  some(z.unknown(), null, [1, { a: 1 }], {}),
  some(z.json(), [{ a: null }]),
  some(z.literal('x'), 'x'),
  some(z.enum(['x', 'y']), 'y'),
  some(z.uuid(), 'b3a1a1d0-6a2b-4d6a-8d5e-0123456789ab'),
  some(z.iso.date(), '2020-02-29'),
  some(z.iso.datetime(), '2020-02-29T10:00:00Z', '2020-02-29T10:00Z'),
  some(
    z.iso.datetime({ local: true, offset: true }),
    '2020-02-29T10:00:00',
    '2020-02-29T10:00:00+01:00',
  ),
  some(z.email(), 'a@b.example', "o'neil+x@b.example"),
  some(z.url(), 'https://a.example/?q=1#x', 'https://exämple.org', 'mailto:a@b.example'),
  some(z.ipv4(), '127.0.0.1'),
  some(z.base64(), 'YQ=='),
  some(z.string().regex(/^[\w.-]+$/), 'a_b-c.d', 'a\n'),
  some(z.string().regex(/^a|b$/i), 'A', 'xB'),
  some(z.string().startsWith('a').endsWith('b'), 'ab', 'a b'),
];

const { leaf } = fc.letrec<{ leaf: Sample; object: Sample }>((tie) => ({
  object: fc
    .tuple(fc.dictionary(fc.constantFrom(...NAMES), tie('leaf'), { maxKeys: 4 }), fc.nat(3))
    .map(([members, kind]) => {
      const shape = Object.fromEntries(
        Object.entries(members).map(([name, one]) => [name, one.schema]),
      );
      const objects = [
        z.object,
        z.strictObject,
        z.looseObject,
        (own: typeof shape) => z.object(own).catchall(z.string()),
      ];
      const values = Object.entries(members).map(([name, one]) => [name, one.values] as const);
      return { schema: objects[kind]!(shape), values: fc.record(Object.fromEntries(values)) };
    }),
  leaf: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom(...SCALARS),
    tie('object'),
    fc.tuple(tie('leaf'), fc.nat(5)).map(([{ schema, values }, kind]): Sample => {
      switch (kind) {
        case 0:
          return { schema: schema.optional(), values: fc.option(values, { nil: undefined }) };
        case 1:
          return { schema: schema.nullable(), values: fc.option(values) };
        case 2:
          return {
            schema: z.array(schema).min(1).max(2),
            values: fc.array(values, { maxLength: 3 }),
          };
        case 3:
          return {
            schema: z.record(z.string(), schema),
            values: fc.dictionary(NAME, values),
          };
        case 4:
          return { schema: z.tuple([schema], z.string()), values: fc.tuple(values, fc.string()) };
        default:
          return { schema: z.array(schema), values: fc.array(values, { maxLength: 3 }) };
      }
    }),
    fc.tuple(tie('leaf'), tie('leaf')).map(([one, two]) => ({
      schema: z.union([one.schema, two.schema]),
      values: fc.oneof(one.values, two.values),
    })),
    fc.tuple(tie('object'), tie('object')).map(([one, two]) => ({
      schema: z.intersection(one.schema, two.schema),
      values: fc
        .tuple(one.values, two.values)
        .map(([a, b]) => ({ ...(a as object), ...(b as object) })),
    })),
  ),
}));

/** Where something is added, a value is replaced, or nothing is. */
function damaged(payload: object, names: readonly string[]): fc.Arbitrary<object> {
  const anything = fc.constantFrom<unknown>(1, 'x', null, [], {}, { a: 1 }, undefined);
  return fc
    .tuple(fc.constantFrom(...names), anything)
    .map(([name, value]) => ({ ...payload, [name]: value }));
}

/** As it arrives: without what is undefined. */
function sentOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (Object.is(one, -0) ? 0 : one)));
}

describe('what fire accepts', () => {
  it('is what the schema and what is published accept, whatever the schema', () => {
    const cases = fc.record({ a: leaf, b: leaf }).chain(({ a, b }) => {
      const payload = fc.record({ a: a.values, b: b.values });
      const payloads = fc.oneof(
        payload,
        payload.chain((one) => damaged(one, ['a', 'b', 'c'])),
      );
      const schema = z.object({ a: a.schema, b: b.schema });
      return fc.tuple(fc.constant(schema), fc.array(payloads, { minLength: 20, maxLength: 20 }));
    });
    const seen = { accepted: 0, refused: 0 };
    const ajv = new Ajv({ strict: false, formats: fullFormats, validateSchema: false });
    fc.assert(
      fc.property(cases, ([schema, payloads]) => {
        const definition = define(schema);
        const validate = ajv.compile(eventSchema(definition).parameters);
        for (const payload of payloads) {
          let encoded;
          try {
            encoded = encode(definition, payload, { validate: true });
          } catch (error) {
            expect(error).toBeInstanceOf(EventValidationError);
            seen.refused++;
            // Nor does it refuse what both take.
            const sent = sentOf(payload);
            if (!schema.safeParse(sent).success || !validate(sent)) continue;
            // A list holds no undefined once it is sent; in any other way it is the same.
            expect(() => encode(definition, sent, { validate: true })).not.toThrow();
            continue;
          }
          seen.accepted++;
          const sent = sentOf((encoded as EncodedEvent<object>).parameters);
          expect({ sent, isValid: validate(sent) }).toEqual({ sent, isValid: true });
          expect(sent).toEqual(sentOf(payload));
        }
      }),
      { numRuns: 25 },
    );
    expect(seen).toEqual({ accepted: expect.any(Number), refused: expect.any(Number) });
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(50);
  });
});
