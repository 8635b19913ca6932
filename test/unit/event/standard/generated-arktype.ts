import { type, type Type } from 'arktype';
import fc from 'fast-check';
import { NAME, some, type Library, type Member } from './generated-schemas.js';

const make = type as unknown as (definition: unknown) => Type;

const definitionOf = (members: Readonly<Record<string, Member<Type>>>) =>
  Object.fromEntries(
    Object.entries(members).map(([name, { schema, isOptional }]) => [
      isOptional ? `${name}?` : name,
      schema,
    ]),
  );

const NULL = make('null');

/** Types that nothing satisfies can't be made. */
function orElse(one: Type, made: () => Type): Type {
  try {
    return made();
  } catch {
    return one;
  }
}

/** What only checks of arktype. */
export const ARKTYPE: Library<Type> = {
  scalars: [
    some<Type>(make('string'), '', 'x', '😀', '\n', '\u0000'),
    some(make('2 <= string <= 3'), 'ab', '😀😀', '😀'),
    some(make('number'), 0, -0, 1.5, 1e300, 2 ** 60),
    some(make('1 < number <= 3'), 2, 3),
    some(make('number % 7'), 7, 14),
    some(make('number.integer'), 1, -1, 2 ** 53 - 1),
    some(make('boolean'), true),
    some(make('null'), null),
    some(make('unknown'), null, [1, { a: 1 }], {}),
    some(make('object'), {}, { a: 1 }, [1]),
    some(make("'x'"), 'x'),
    some(make("'x' | 'y' | 3"), 'y', 3),
    some(make('string.uuid'), 'b3a1a1d0-6a2b-4d6a-8d5e-0123456789ab'),
    some(make('string.date.iso'), '2020-02-29', '2020-02-29T10:00:00Z'),
    some(make('string.email'), 'a@b.example'),
    some(make('/^a|b$/'), 'a', 'xb'),
    some(make(/^a|b$/i), 'A', 'xB'),
    some(
      make('string').narrow((text) => text !== 'no'),
      'yes',
      'no',
    ),
  ],
  objects: [
    (members) => make(definitionOf(members)),
    (members) => make({ '+': 'reject', ...definitionOf(members) }),
    (members) => make({ '+': 'delete', ...definitionOf(members) }),
    (members) => make({ '[string]': 'unknown', ...definitionOf(members) }),
  ],
  around: [
    ({ schema, values }) => ({ schema: schema.or(NULL), values: fc.option(values) }),
    ({ schema, values }) => ({
      schema: schema.array().atLeastLength(1).atMostLength(2),
      values: fc.array(values, { maxLength: 3 }),
    }),
    ({ schema, values }) => ({
      schema: make({ '[string]': schema }),
      values: fc.dictionary(NAME, values),
    }),
    ({ schema, values }) => ({
      schema: make([schema, 'string']),
      values: fc.tuple(values, fc.string()),
    }),
  ],
  union: (one, two) => orElse(one, () => one.or(two)),
  intersection: (one, two) => orElse(one, () => one.and(two)),
};
