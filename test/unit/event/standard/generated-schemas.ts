import type { StandardSchemaV1 } from '@standard-schema/spec';
import fc from 'fast-check';

/** A schema that only checks, and values that it should accept, or almost. */
export interface Sample<S> {
  readonly schema: S;
  readonly values: fc.Arbitrary<unknown>;
}

/** A property of an object. */
export interface Member<S> extends Sample<S> {
  readonly isOptional: boolean;
}

/** What a library makes schemas with. */
export interface Library<S> {
  readonly scalars: readonly Sample<S>[];
  /** Each kind of object: closed, open, with others of one kind. */
  readonly objects: readonly ((members: Readonly<Record<string, Member<S>>>) => S)[];
  /** What makes a schema of one. */
  readonly around: readonly ((one: Sample<S>) => Sample<S>)[];
  /** One or the other. */
  readonly union: (one: S, two: S) => S;
  /** Both, of objects. */
  readonly intersection: (one: S, two: S) => S;
}

/** A schema of a payload, with payloads for it; most are right. */
export interface Case {
  readonly schema: StandardSchemaV1<unknown, object>;
  readonly payloads: readonly object[];
}

const NAMES = ['a', 'b', 'c', 'constructor', 'toString', '$ref', 'x y'];

/** Names in a record. One named `__proto__` is never fired. */
export const NAME = fc.string().filter((name) => name !== '__proto__');

/** A scalar, with values for it. */
export function some<S>(schema: S, ...values: unknown[]): Sample<S> {
  return { schema, values: fc.constantFrom(...values) };
}

/** Schemas of a library, and payloads: as the schema says, and damaged. */
export function cases<S>(library: Library<S>, payloadsOfEach = 20): fc.Arbitrary<Case> {
  const { leaf } = fc.letrec<{ leaf: Sample<S>; object: Sample<S> }>((tie) => ({
    object: fc
      .tuple(
        fc.dictionary(fc.constantFrom(...NAMES), fc.tuple(tie('leaf'), fc.boolean()), {
          maxKeys: 4,
        }),
        fc.constantFrom(...library.objects),
      )
      .map(([members, make]) =>
        objectOf(
          Object.entries(members).map(
            ([name, [one, isOptional]]) => [name, { ...one, isOptional }] as const,
          ),
          make,
        ),
      ),
    leaf: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      fc.constantFrom(...library.scalars),
      tie('object'),
      fc.tuple(tie('leaf'), fc.constantFrom(...library.around)).map(([one, make]) => make(one)),
      fc.tuple(tie('leaf'), tie('leaf')).map(([one, two]) => ({
        schema: library.union(one.schema, two.schema),
        values: fc.oneof(one.values, two.values),
      })),
      fc.tuple(tie('object'), tie('object')).map(([one, two]) => ({
        schema: library.intersection(one.schema, two.schema),
        values: fc
          .tuple(one.values, two.values)
          .map(([a, b]) => ({ ...(a as object), ...(b as object) })),
      })),
    ),
  }));
  const [closed] = library.objects;
  return fc.record({ a: leaf, b: leaf }).chain(({ a, b }) => {
    const members = [
      ['a', { ...a, isOptional: false }],
      ['b', { ...b, isOptional: false }],
    ] as const;
    const { schema, values } = objectOf(members, closed!);
    const payload = values as fc.Arbitrary<object>;
    const payloads = fc.oneof(payload, payload.chain(damaged));
    return fc.record({
      schema: fc.constant(schema as StandardSchemaV1<unknown, object>),
      payloads: fc.array(payloads, { minLength: payloadsOfEach, maxLength: payloadsOfEach }),
    });
  });
}

function objectOf<S>(
  members: readonly (readonly [string, Member<S>])[],
  make: Library<S>['objects'][number],
): Sample<S> {
  const values = members.map(([name, one]) => [name, one.values] as const);
  const requiredKeys = members.filter(([, one]) => !one.isOptional).map(([name]) => name);
  return {
    schema: make(Object.fromEntries(members)),
    values: fc.record(Object.fromEntries(values), { requiredKeys }),
  };
}

/** Where something is added, a value is replaced, or nothing is. */
function damaged(payload: object): fc.Arbitrary<object> {
  const anything = fc.constantFrom<unknown>(1, 'x', null, [], {}, { a: 1 }, undefined);
  const name = fc.constantFrom('a', 'b', 'c');
  return fc.tuple(name, anything).map(([name, value]) => ({ ...payload, [name]: value }));
}

/** As it arrives: without what is undefined. */
export function sentOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (Object.is(one, -0) ? 0 : one)));
}
