import fc from 'fast-check';
import * as v from 'valibot';
import { NAME, some, type Library, type Member } from './generated-schemas.js';

const entriesOf = (members: Readonly<Record<string, Member<v.GenericSchema>>>) =>
  Object.fromEntries(
    Object.entries(members).map(([name, { schema, isOptional }]) => [
      name,
      isOptional ? v.optional(schema) : schema,
    ]),
  );

/** What only checks of valibot. */
export const VALIBOT: Library<v.GenericSchema> = {
  scalars: [
    some<v.GenericSchema>(v.string(), '', 'x', '😀', '\n', '\u0000'),
    some(v.pipe(v.string(), v.minLength(2), v.maxLength(3)), 'ab', '😀😀', '😀'),
    some(v.number(), 0, -0, 1.5, 1e300, 2 ** 60),
    some(v.pipe(v.number(), v.minValue(2), v.ltValue(4)), 2, 3),
    some(v.pipe(v.number(), v.multipleOf(0.5)), 0.5, 1),
    some(v.pipe(v.number(), v.safeInteger()), 1, -1),
    some(v.boolean(), true),
    some(v.null(), null),
    some(v.unknown(), null, [1, { a: 1 }], {}),
    some(v.literal('x'), 'x'),
    some(v.picklist(['x', 'y', 3]), 'y', 3),
    some(v.enum({ A: 1, B: 'b' }), 1, 'b', 'A'),
    some(v.pipe(v.string(), v.uuid()), 'b3a1a1d0-6a2b-4d6a-8d5e-0123456789ab'),
    some(v.pipe(v.string(), v.isoDate()), '2020-02-29'),
    some(v.pipe(v.string(), v.isoDateTime()), '2020-02-29T10:00'),
    some(v.pipe(v.string(), v.isoTimestamp()), '2020-02-29T10:00:00Z', '2020-02-29T10:00:00+01:00'),
    some(v.pipe(v.string(), v.email()), 'a@b.example'),
    some(v.pipe(v.string(), v.regex(/^a|b$/i)), 'A', 'xB'),
    some(
      v.pipe(
        v.string(),
        v.check((text) => text !== 'no'),
      ),
      'yes',
      'no',
    ),
  ],
  objects: [
    (members) => v.object(entriesOf(members)),
    (members) => v.strictObject(entriesOf(members)),
    (members) => v.looseObject(entriesOf(members)),
    (members) => v.objectWithRest(entriesOf(members), v.string()),
  ],
  around: [
    ({ schema, values }) => ({
      schema: v.optional(schema),
      values: fc.option(values, { nil: undefined }),
    }),
    ({ schema, values }) => ({ schema: v.nullable(schema), values: fc.option(values) }),
    ({ schema, values }) => ({
      schema: v.pipe(v.array(schema), v.minLength(1), v.maxLength(2)),
      values: fc.array(values, { maxLength: 3 }),
    }),
    ({ schema, values }) => ({
      schema: v.record(v.string(), schema),
      values: fc.dictionary(NAME, values),
    }),
    ({ schema, values }) => ({
      schema: v.tuple([schema]),
      values: fc.oneof(fc.tuple(values), fc.tuple(values, fc.string())),
    }),
    ({ schema, values }) => ({
      schema: v.looseTuple([schema]),
      values: fc.tuple(values, fc.string()),
    }),
    ({ schema, values }) => ({
      schema: v.tupleWithRest([schema], v.string()),
      values: fc.tuple(values, fc.string()),
    }),
    ({ schema, values }) => ({ schema: v.lazy(() => schema), values }),
  ],
  union: (one, two) => v.union([one, two]),
  intersection: (one, two) => v.intersect([one, two]),
};
