import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { scope, type as ark } from 'arktype';
import { defineEvent, EventDefinitionError } from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { startApplication } from '../generated/application.js';
import { converted } from './converted-valibot.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;

const changing: Readonly<Record<string, ObjectSchema>> = {
  'zod: a transform': z.object({ a: z.object({ b: z.string().transform((a) => a.length) }) }),
  'zod: a default': z.object({ a: z.object({ b: z.string().default('x') }) }),
  'zod: a prefault': z.object({ a: z.object({ b: z.string().prefault('x') }) }),
  'zod: coercion': z.object({ a: z.object({ b: z.coerce.number() }) }),
  'zod: coercion to text': z.object({ a: z.object({ b: z.coerce.string() }) }),
  'zod: a pipe with a transform': z.object({
    a: z.object({ b: z.string().transform(Number).pipe(z.number()) }),
  }),
  'zod: preprocess': z.object({ a: z.object({ b: z.preprocess((a) => a, z.string()) }) }),
  'zod: catch': z.object({ a: z.object({ b: z.string().catch('x') }) }),
  'zod: trim': z.object({ a: z.object({ b: z.string().min(1).trim() }) }),
  'zod: toLowerCase': z.object({ a: z.object({ b: z.string().toLowerCase() }) }),
  'zod: overwrite': z.object({ a: z.object({ b: z.number().overwrite((a) => a + 1) }) }),
  'zod: a codec': z.object({
    a: z.object({
      b: z.codec(z.string(), z.number(), { decode: Number, encode: String }),
    }),
  }),
  'zod: stringbool': z.object({ a: z.object({ b: z.stringbool() }) }),
  'zod: a URL that is normalised': z.object({ a: z.object({ b: z.url({ normalize: true }) }) }),
  'zod: behind everything': z.object({
    a: z.lazy(() =>
      z.union([
        z.string(),
        z.array(z.record(z.string(), z.tuple([z.object({ b: z.string().trim() }).nullable()]))),
      ]),
    ),
  }),
  'zod: in an intersection': z
    .object({ a: z.string() })
    .and(z.object({ b: z.string().default('') })),
  'zod: of the whole': z.object({ a: z.string() }).transform(({ a }) => ({ b: a })),
  ...Object.fromEntries(
    Object.entries({
      'a transform': z3.string().transform(Number),
      'a default': z3.string().default('x'),
      coercion: z3.coerce.number(),
      'coercion to a boolean': z3.coerce.boolean(),
      preprocess: z3.preprocess(String, z3.string()),
      catch: z3.string().catch('x'),
      trim: z3.string().min(1).trim(),
      toUpperCase: z3.string().toUpperCase(),
      'a pipe with a transform': z3.string().pipe(z3.string().toLowerCase()),
      'in a union': z3.union([z3.number(), z3.string().trim()]),
      'in a discriminated union': z3.discriminatedUnion('k', [
        z3.object({ k: z3.literal('x'), b: z3.string().default('') }),
      ]),
      'in an intersection': z3
        .object({ a: z3.string() })
        .and(z3.object({ b: z3.string().default('') })),
      'in a catchall': z3.object({}).catchall(z3.string().trim()),
      'in names': z3.record(z3.string().trim(), z3.string()),
      'behind everything': z3.lazy(() =>
        z3.array(
          z3.record(
            z3.tuple([z3.string()]).rest(z3.string().trim().nullable().optional().brand('x')),
          ),
        ),
      ),
      'behind a refinement': z3
        .string()
        .trim()
        .refine(() => true)
        .readonly(),
    }).map(([name, b]) => [`zod: of zod 3, ${name}`, z3.object({ a: z3.object({ b }) })]),
  ),
  'valibot: a transform': v.object({ a: v.object({ b: v.pipe(v.string(), v.transform(Number)) }) }),
  'valibot: a default': v.object({ a: v.object({ b: v.optional(v.string(), 'x') }) }),
  'valibot: null as a default': v.object({ a: v.object({ b: v.nullish(v.string(), null) }) }),
  'valibot: a fallback': v.object({ a: v.object({ b: v.fallback(v.string(), 'x') }) }),
  'valibot: trim': v.object({ a: v.object({ b: v.pipe(v.string(), v.trim()) }) }),
  'valibot: toLowerCase': v.object({ a: v.object({ b: v.pipe(v.string(), v.toLowerCase()) }) }),
  'valibot: behind everything': v.object({
    a: v.lazy(() =>
      v.union([
        v.string(),
        v.array(
          v.record(
            v.string(),
            v.tuple([v.nullable(v.object({ b: v.pipe(v.string(), v.trim()) }))]),
          ),
        ),
      ]),
    ),
  }),
  'valibot: in a variant': v.variant('k', [
    v.object({ k: v.literal('a'), b: v.pipe(v.string(), v.trim()) }),
  ]),
  'valibot: converted, a transform': converted(
    v.object({ a: v.object({ b: v.pipe(v.string(), v.transform(Number)) }) }),
  ),
  'valibot: converted, a default': converted(
    v.object({ a: v.object({ b: v.optional(v.string(), 'x') }) }),
  ),
  'valibot: converted, trim': converted(
    v.object({ a: v.object({ b: v.pipe(v.string(), v.trim(), v.minLength(1)) }) }),
  ),
  'valibot: converted, a pipe with a transform': converted(
    v.pipe(
      v.object({ a: v.string() }),
      v.transform(({ a }) => ({ a: a.trim() })),
      v.object({ a: v.pipe(v.string(), v.minLength(1)) }),
    ),
  ),
  'arktype: a morph': ark({ a: { b: ark('string').pipe((b) => b.length) } }),
  'arktype: a default': ark({ a: { b: 'string = "x"' } }),
  'arktype: trim': ark({ a: { b: 'string.trim' } }),
  'arktype: parse': ark({ a: { b: 'string.numeric.parse' } }),
  'arktype: behind everything': ark({ a: ark({ b: 'string.trim' }).array().or('string') }),
  'arktype: in a scope': scope({
    node: { b: 'string', 'next?': 'node', 'words?': 'string.trim' },
  }).export().node,
  'arktype: and takes out': ark({ '+': 'delete', a: { b: 'string.trim' } }),
};

const uncarried: Readonly<Record<string, ObjectSchema>> = {
  'zod: a date': z.object({ a: z.array(z.date()) }),
  'zod: a Map': z.object({ a: z.map(z.string(), z.string()) }),
  'zod: a Set': z.object({ a: z.set(z.string()).optional() }),
  'zod: a bigint': z.object({ a: z.union([z.string(), z.bigint()]) }),
  'zod: of zod 3, a date': z3.object({ a: z3.array(z3.date()) }),
  'zod: of zod 3, a Map': z3.object({ a: z3.map(z3.string(), z3.string()) }),
  'zod: of zod 3, a bigint': z3.object({ a: z3.union([z3.string(), z3.bigint()]) }),
  'valibot: a date': v.object({ a: v.array(v.date()) }),
  'valibot: converted, a date': converted(v.object({ a: v.date() })),
  'valibot: a Map': v.object({ a: v.map(v.string(), v.string()) }),
  'valibot: a bigint': v.object({ a: v.union([v.string(), v.bigint()]) }),
  'valibot: an instance': v.object({ a: v.instance(Date) }),
  'arktype: a Date': ark({ a: 'Date[]' }),
  'arktype: a bigint': ark({ a: 'string | bigint' }),
  'arktype: a range of dates': ark({ a: "Date > d'2000-01-01'" }),
  'arktype: a Map': ark({ a: 'Map' }),
  'arktype: bytes': ark({ a: 'TypedArray.Uint8' }),
};

const harmless: Readonly<Record<string, ObjectSchema>> = {
  'zod: brand': z.object({ a: z.string().brand('x') }),
  'zod: refine': z.object({ a: z.string().refine((a) => a !== '') }).refine(() => true),
  'zod: a pipe': z.object({ a: z.string().pipe(z.string().min(2)) }),
  'zod: strict and loose': z.strictObject({
    a: z.looseObject({}),
    b: z.object({}).catchall(z.string()),
  }),
  'zod: recursive': z.object({
    a: z.string(),
    get inner() {
      return (harmless['zod: recursive'] as z.ZodObject).optional();
    },
  }),
  'zod: collections': z.object({
    a: z.record(z.string(), z.number()),
    b: z.tuple([z.string()], z.number()),
    c: z.discriminatedUnion('k', [
      z.object({ k: z.literal('x') }),
      z.object({ k: z.literal('y') }),
    ]),
    d: z.json(),
    e: z.templateLiteral(['a', z.number()]),
    f: z.array(z.string()).readonly(),
    g: z.custom<string>(),
    h: z.undefined().optional(),
  }),
  'zod: formats': z.object({
    a: z.iso.datetime(),
    b: z.uuid(),
    c: z.email(),
    d: z.url(),
    e: z.int32(),
  }),
  'zod: of zod 3': z3
    .object({
      a: z3.string().brand('x').readonly(),
      b: z3.record(z3.number()),
      c: z3.tuple([z3.string().email()]).rest(z3.number()),
      d: z3.discriminatedUnion('k', [
        z3.object({ k: z3.literal('x') }).strict(),
        z3.object({ k: z3.literal('y') }).passthrough(),
      ]),
      e: z3.lazy(() => z3.array(z3.nativeEnum({ A: 1 }))),
      f: z3
        .string()
        .refine(() => true)
        .superRefine(() => undefined)
        .pipe(z3.string().min(1)),
      g: z3.unknown(),
    })
    .refine(() => true),
  'valibot: brand': v.object({ a: v.pipe(v.string(), v.brand('x'), v.readonly(), v.title('A')) }),
  'valibot: checks': v.pipe(
    v.strictObject({
      a: v.pipe(
        v.string(),
        v.check((a) => a !== ''),
        v.email(),
      ),
      b: v.optional(v.null_()),
    }),
    v.check(() => true),
  ),
  'valibot: converted': converted(v.object({ a: v.pipe(v.string(), v.brand('x')) })),
  'valibot: recursive': v.object({ a: v.lazy(() => v.nullable(v.object({ b: v.string() }))) }),
  'arktype: narrow and brand': ark({ a: ark('string').narrow((a) => a !== ''), b: 'string#x' }),
  'arktype: takes out': ark({ '+': 'delete', a: 'string' }),
  'arktype: recursive': scope({ node: { v: 'string', 'kids?': 'node[]' } }).export().node,
  'arktype: collections': ark({
    a: { '[string]': 'number' },
    b: ['string', 'number'],
    c: '"Date" | "Map"',
  }),
};

describe('a schema that changes values', () => {
  it.each(Object.entries(changing))('is refused where the event is defined: %s', (name, schema) => {
    const define = () => defineEvent('unfit.changing', schema);
    expect(define).toThrow(EventDefinitionError);
    const vendor = name.slice(0, name.indexOf(':'));
    expect(define).toThrow(
      `'unfit.changing' can't be an event of this ${vendor} schema, which changes valid`,
    );
  });

  it('is told with its path', () => {
    const define = () =>
      defineEvent('unfit.path', z.object({ a: z.array(z.object({ b: z.string().trim() })) }));
    expect(define).toThrow(/: a transform \(trim.*\) at a\.\[\]\.b\. /);
  });

  it('of any library is refused where its JSON Schemas show it', () => {
    const by = (input: () => Record<string, unknown>, output: () => Record<string, unknown>) =>
      ({
        '~standard': {
          ...{ version: 1, vendor: 'other', validate: (value: unknown) => ({ value }) },
          jsonSchema: { input, output },
        },
      }) as unknown as ObjectSchema;
    const object =
      (a: object, more: object = {}) =>
      () => ({ type: 'object', properties: { a }, ...more });
    const fail = () => {
      throw new Error('not to be described');
    };
    const text = object({ type: 'string' });
    for (const output of [
      object({ type: 'number' }),
      object({ type: 'string' }, { required: ['a'] }),
      fail,
    ]) {
      expect(() => defineEvent('unfit.other', by(text, output))).toThrow(EventDefinitionError);
    }
    defineEvent(
      'unfit.other',
      by(text, object({ type: 'string' }, { additionalProperties: false })),
    );
    defineEvent('unfit.other', by(fail, fail));
  });

  it('is refused at the start, where it refers to what was not there', async () => {
    const Late = defineEvent('unfit.late', z.object({ a: z.lazy(() => later()) }));
    const later = () => z.string().trim();
    await expect(startApplication([Late])).rejects.toThrow('which changes valid values');
  });
});

describe('a schema of what JSON cannot carry back', () => {
  it.each(Object.entries(uncarried))('is refused where the event is defined: %s', (_, schema) => {
    expect(() => defineEvent('unfit.uncarried', schema)).toThrow(
      "which holds what JSON can't carry back: ",
    );
  });
});

describe('a schema that only checks', () => {
  it.each(Object.entries(harmless))('is taken: %s', async (_, schema) => {
    await startApplication([defineEvent('unfit.not', schema)]);
  });
});
