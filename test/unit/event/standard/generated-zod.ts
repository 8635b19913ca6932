import fc from 'fast-check';
import { z } from 'zod';
import { NAME, some, type Library, type Member } from './generated-schemas.js';

// zod throws a TypeError where an object's own `length` is compared with that of a text.
const NO_LENGTH = NAME.filter((name) => name !== 'length');

const shapeOf = (members: Readonly<Record<string, Member<z.ZodType>>>) =>
  Object.fromEntries(
    Object.entries(members).map(([name, { schema, isOptional }]) => [
      name,
      isOptional ? schema.optional() : schema,
    ]),
  );

/** What only checks of zod. */
export const ZOD: Library<z.ZodType> = {
  scalars: [
    some<z.ZodType>(z.string(), '', 'x', '😀', '\n', '\u0000'),
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
  ],
  objects: [
    (members) => z.object(shapeOf(members)),
    (members) => z.strictObject(shapeOf(members)),
    (members) => z.looseObject(shapeOf(members)),
    (members) => z.object(shapeOf(members)).catchall(z.string()),
  ],
  around: [
    ({ schema, values }) => ({
      schema: schema.optional(),
      values: fc.option(values, { nil: undefined }),
    }),
    ({ schema, values }) => ({ schema: schema.nullable(), values: fc.option(values) }),
    ({ schema, values }) => ({
      schema: z.array(schema).min(1).max(2),
      values: fc.array(values, { maxLength: 3 }),
    }),
    ({ schema, values }) => ({
      schema: z.array(schema),
      values: fc.array(values, { maxLength: 3 }),
    }),
    ({ schema, values }) => ({
      schema: z.record(z.string(), schema),
      values: fc.dictionary(NO_LENGTH, values),
    }),
    ({ schema, values }) => ({
      schema: z.tuple([schema], z.string()),
      values: fc.tuple(values, fc.string()),
    }),
  ],
  union: (one, two) => z.union([one, two]),
  intersection: (one, two) => z.intersection(one, two),
};
