import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type as ark } from 'arktype';
import { defineEvent, EventValidationError } from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { encode } from '../../../../lib/event/codec.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;
/** Schemas of a payload whose `at` holds, somewhere, what has the text `b`: closed, and explicitly open. */
type Places = Readonly<Record<string, readonly [ObjectSchema, ObjectSchema]>>;

const zod = (make: (inner: z.ZodType) => z.ZodType): readonly [ObjectSchema, ObjectSchema] => [
  z.object({ at: make(z.object({ b: z.string() })) }),
  z.object({ at: make(z.looseObject({ b: z.string() })) }),
];
const zod3 = (make: (inner: z3.ZodTypeAny) => z3.ZodTypeAny) =>
  [
    z3.object({ at: make(z3.object({ b: z3.string() })) }),
    z3.object({ at: make(z3.object({ b: z3.string() }).passthrough()) }),
  ] as unknown as readonly [ObjectSchema, ObjectSchema];
const valibot = (
  make: (inner: v.GenericSchema) => v.GenericSchema,
): readonly [ObjectSchema, ObjectSchema] => [
  v.object({ at: make(v.object({ b: v.string() })) }),
  v.object({ at: make(v.looseObject({ b: v.string() })) }),
];
const open = ark({ b: 'string', '[string]': 'unknown' });
const arktype = (make: (inner: typeof open) => object) =>
  [ark({ b: 'string' }), open].map((inner) =>
    (ark as unknown as (definition: object) => ObjectSchema)({
      at: make(inner as typeof open),
    }),
  ) as unknown as readonly [ObjectSchema, ObjectSchema];

const SCHEMAS: Readonly<Record<string, Places>> = {
  zod: {
    object: zod((inner) => z.object({ a: inner })),
    list: zod((inner) => z.array(inner)),
    record: zod((inner) => z.record(z.string(), inner)),
    tuple: zod((inner) => z.tuple([z.string(), inner])),
    union: zod((inner) => z.union([z.string(), inner])),
    intersection: zod((inner) => z.intersection(inner, z.object({ c: z.string() }))),
    nullable: zod((inner) => z.nullable(z.optional(inner))),
    lazy: zod((inner) => z.lazy(() => inner)),
  },
  'zod 3': {
    object: zod3((inner) => z3.object({ a: inner })),
    list: zod3((inner) => z3.array(inner)),
    record: zod3((inner) => z3.record(inner)),
    tuple: zod3((inner) => z3.tuple([z3.string(), inner])),
    union: zod3((inner) => z3.union([z3.string(), inner])),
    nullable: zod3((inner) => inner.optional().nullable()),
    lazy: zod3((inner) => z3.lazy(() => inner)),
  },
  valibot: {
    object: valibot((inner) => v.object({ a: inner })),
    list: valibot((inner) => v.array(inner)),
    record: valibot((inner) => v.record(v.string(), inner)),
    tuple: valibot((inner) => v.tuple([v.string(), inner])),
    union: valibot((inner) => v.union([v.string(), inner])),
    intersection: valibot((inner) => v.intersect([inner, v.object({ c: v.string() })])),
    nullable: valibot((inner) => v.nullish(inner)),
    lazy: valibot((inner) => v.lazy(() => inner)),
  },
  arktype: {
    object: arktype((inner) => ark({ a: inner })),
    list: arktype((inner) => inner.array()),
    record: arktype((inner) => ark({ '[string]': inner })),
    tuple: arktype((inner) => ark(['string', inner])),
    union: arktype((inner) => inner.or('string')),
    intersection: arktype((inner) => inner.and({ c: 'string' })),
    nullable: arktype((inner) => inner.or('null')),
  },
};

/** What is put at each place, of the inner object. */
const VALUES: Readonly<Record<string, (inner: object) => unknown>> = {
  object: (inner) => ({ a: inner }),
  list: (inner) => [{ b: '' }, inner],
  record: (inner) => ({ any: inner }),
  tuple: (inner) => ['', inner],
  union: (inner) => inner,
  intersection: (inner) => ({ ...inner, c: '' }),
  nullable: (inner) => inner,
  lazy: (inner) => inner,
};

describe.each(Object.entries(SCHEMAS))(
  'a property that a schema of %s does not know',
  (_, places) => {
    it.each(Object.entries(places))(
      'is refused when it is fired, unless that is open: %s',
      (place, schemas) => {
        const value = VALUES[place]!;
        const [fireClosed, fireOpen] = schemas.map((schema) => {
          const definition = getEventDefinition(defineEvent('unknown.made', schema))!;
          return (inner: object) => () =>
            encode(definition, { at: value(inner) }, { validate: true });
        }) as [(inner: object) => () => unknown, (inner: object) => () => unknown];
        const unknown = { b: '', unknown: 1 };
        expect(fireClosed({ b: '' })).not.toThrow();
        expect(fireClosed(unknown)).toThrow(EventValidationError);
        expect(fireClosed(unknown)).toThrow(/unknown/);
        expect(fireOpen(unknown)).not.toThrow();
        expect(fireOpen({ unknown: 1 })).toThrow(EventValidationError);
      },
    );
  },
);

describe('properties beside those that a schema names', () => {
  it.each<[string, ObjectSchema]>([
    ['zod', z.object({ b: z.string() }).catchall(z.number())],
    ['valibot', v.objectWithRest({ b: v.string() }, v.number())],
    ['zod 3', z3.object({ b: z3.string() }).catchall(z3.number())],
  ])('are held to the rule for them: %s', (_, schema) => {
    const definition = getEventDefinition(defineEvent('unknown.rest', schema))!;
    const fire = (payload: object) => () => encode(definition, payload, { validate: true });
    expect(fire({ b: '', other: 1 })).not.toThrow();
    expect(fire({ b: '', other: '1' })).toThrow(/other/);
  });
});
