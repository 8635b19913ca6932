import { isSame } from '../../event/schema/json-equality.js';
import { isJsonObject } from '../../event/standard/json-object.js';
import { asSchema, own, resolve } from './schema-value.js';
import type { AnySchema, SchemaObject } from './schema-value.js';

/** The kinds of values that JSON has. */
export const KINDS = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;

/** A kind of values. */
export type Kind = (typeof KINDS)[number];

/** One way to satisfy a schema: values of one kind that satisfy all of these, and perhaps only some values. */
export interface Alternative {
  /** All of them hold. The last one names the kind. */
  readonly all: readonly SchemaObject[];
  readonly kind: Kind;
  /** Whether numbers are whole. */
  readonly isWhole: boolean;
  /** The only values, where they are listed. */
  readonly values: readonly unknown[] | undefined;
}

/** More ways than this are not looked at. */
const MOST = 256;

/** One object for each kind, so that what was looked at is known again. */
const OF_KIND: Readonly<Record<Kind, SchemaObject>> = {
  null: { type: 'null' },
  boolean: { type: 'boolean' },
  number: { type: 'number' },
  string: { type: 'string' },
  array: { type: 'array' },
  object: { type: 'object' },
};

/** There are too many ways to look at each. */
export class TooManyError extends Error {}

/**
 * All ways to satisfy several schemas together: what satisfies them satisfies one of these. Keywords that can't be taken
 * apart (`not`, `if`, …) are left as they are.
 *
 * @param root what references lead into.
 * @throws TooManyError
 */
export function alternativesOf(schemas: readonly AnySchema[], root: AnySchema): Alternative[] {
  return expand(schemas, [], root, new Set()).flatMap(byKind);
}

function expand(
  pending: readonly AnySchema[],
  done: readonly SchemaObject[],
  root: AnySchema,
  seen: ReadonlySet<AnySchema>,
): (readonly SchemaObject[])[] {
  const [first, ...rest] = pending;
  if (first === undefined) return [done];
  if (first === true) return expand(rest, done, root, seen);
  if (first === false) return [];
  if (seen.has(first)) return expand(rest, done, root, seen);
  const known = new Set([...seen, first]);
  if (Object.hasOwn(first, '$ref')) {
    // What stands beside it counts for some validators only: without it, more is possible.
    const target = resolve(root, first.$ref) ?? true;
    return expand([target, ...rest], done, root, known);
  }
  const all = schemasOf(first.allOf);
  const one = schemasOf(first.anyOf).length > 0 ? first.anyOf : first.oneOf;
  const others = [...all, ...rest];
  if (schemasOf(one).length === 0) return expand(others, [...done, first], root, known);
  const ways = schemasOf(one).flatMap((branch) =>
    expand([branch, ...others], [...done, first], root, known),
  );
  if (ways.length > MOST) throw new TooManyError();
  return ways;
}

/** The schemas of a list. */
export function schemasOf(value: unknown): AnySchema[] {
  return Array.isArray(value) ? value.map(asSchema) : [];
}

function byKind(all: readonly SchemaObject[]): Alternative[] {
  const types = all.map(({ type }) => typesOf(type)).filter((one) => one !== undefined);
  const values = commonValues(all);
  return KINDS.flatMap((kind): Alternative[] => {
    const isPossible = (one: readonly string[]) =>
      one.includes(kind) || (kind === 'number' && one.includes('integer'));
    if (!types.every(isPossible)) return [];
    const isWhole = kind === 'number' && types.some((one) => !one.includes('number'));
    const listed = values ?? FEW[kind];
    const possible = listed?.filter(
      (value) => kindOf(value) === kind && (!isWhole || isWholeNumber(value)),
    );
    if (possible?.length === 0) return [];
    return [{ all: [...all.filter(isNoKind), OF_KIND[kind]], kind, isWhole, values: possible }];
  });
}

function isNoKind(schema: SchemaObject): boolean {
  return !Object.values(OF_KIND).includes(schema);
}

const FEW: Readonly<Partial<Record<Kind, readonly unknown[]>>> = {
  null: [null],
  boolean: [false, true],
};

/** Names of types; `undefined` where nothing is said of them. */
export function typesOf(type: unknown): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((one) => typeof one === 'string') : undefined;
}

function commonValues(all: readonly SchemaObject[]): readonly unknown[] | undefined {
  let common: readonly unknown[] | undefined;
  for (const schema of all) {
    const values = listed(schema);
    if (values && common)
      common = common.filter((value) => values.some((one) => isSame(one, value)));
    else common ??= values;
  }
  return common;
}

function listed(schema: SchemaObject): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  const values = own(schema, 'enum');
  return Array.isArray(values) ? values : undefined;
}

/** The kind of a value of JSON. */
export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  return typeof value === 'bigint' ? 'number' : (typeof value as Kind);
}

/** Whether a number of JSON is whole. */
export function isWholeNumber(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}
