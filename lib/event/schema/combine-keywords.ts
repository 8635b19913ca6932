import { isDeepStrictEqual } from 'node:util';
import { NOTHING, type JsonSchema, type JsonType } from './json-schema.js';

const TIGHTEST: Readonly<Record<string, (a: number, b: number) => number>> = {
  minimum: Math.max,
  exclusiveMinimum: Math.max,
  minLength: Math.max,
  minItems: Math.max,
  minProperties: Math.max,
  maximum: Math.min,
  exclusiveMaximum: Math.min,
  maxLength: Math.min,
  maxItems: Math.min,
};

/**
 * One schema that is satisfied by what satisfies each of several. Where one keyword would have to say two things,
 * or nothing satisfies both, it is `allOf`.
 */
export function combineKeywords(schemas: readonly JsonSchema[]): JsonSchema {
  const parts: JsonSchema[] = [];
  for (const schema of schemas.flatMap(flat)) {
    const index = parts.findIndex((part) => merge(part, schema) !== undefined);
    const merged = parts[index] && merge(parts[index], schema);
    if (merged) parts[index] = merged;
    else parts.push(schema);
  }
  if (parts.some((part, i) => parts.slice(i + 1).some((other) => contradicts(part, other)))) {
    return NOTHING;
  }
  const [first, ...others] = parts.map((part) => withoutUseless(part, parts));
  if (first === undefined) return {};
  if (first === NOTHING || others.includes(NOTHING)) return NOTHING;
  if (others.length === 0) return first;
  // Beside a $ref, readers of draft 7 see nothing.
  return first.$ref === undefined ? { ...first, allOf: others } : { allOf: [first, ...others] };
}

/** Keywords that mean the same whatever stands beside them. */
const INDEPENDENT: ReadonlySet<string> = new Set([
  ...Object.keys(TIGHTEST),
  ...['type', 'enum', 'const', 'pattern', 'format', 'multipleOf', 'uniqueItems', 'required'],
]);

/**
 * What satisfies both schemas. The second one, which may have any keyword of draft 7, stays as a whole where what
 * stands beside its keywords could change what they mean.
 */
export function bothOf(first: JsonSchema, second: JsonSchema): JsonSchema {
  if (Object.keys(first).length === 0) return second;
  if (Object.keys(second).every((keyword) => INDEPENDENT.has(keyword))) {
    return combineKeywords([first, second]);
  }
  // Beside a $ref, readers of draft 7 see nothing.
  if (first.$ref !== undefined) return { allOf: [first, second] };
  return { ...first, allOf: [...(first.allOf ?? []), second] };
}

function contradicts({ type: one }: JsonSchema, { type: other }: JsonSchema): boolean {
  return one !== undefined && other !== undefined && commonType(one, other) === undefined;
}

/** A schema without the alternatives that nothing satisfies, as others ask for another type. */
function withoutUseless(schema: JsonSchema, all: readonly JsonSchema[]): JsonSchema {
  if (schema.anyOf === undefined) return schema;
  const anyOf = schema.anyOf.filter((each) => !all.some((other) => contradicts(each, other)));
  if (anyOf.length === 0) return NOTHING;
  return anyOf.length === schema.anyOf.length ? schema : { ...schema, anyOf };
}

function flat(schema: JsonSchema): JsonSchema[] {
  const { allOf = [], ...others } = schema;
  return [...(Object.keys(others).length > 0 ? [others] : []), ...allOf.flatMap(flat)];
}

function merge(first: JsonSchema, second: JsonSchema): JsonSchema | undefined {
  if (isDeepStrictEqual(first, second)) return first;
  if (first.$ref !== undefined || second.$ref !== undefined) return undefined;
  const merged: Record<string, unknown> = { ...first };
  for (const [keyword, value] of Object.entries(second)) {
    const both = mergeKeyword(keyword, merged[keyword], value);
    if (both === undefined) return undefined;
    merged[keyword] = both;
  }
  return merged;
}

function mergeKeyword(keyword: string, first: unknown, second: unknown): unknown {
  if (first === undefined || isDeepStrictEqual(first, second)) return second;
  const tightest = TIGHTEST[keyword];
  if (tightest) return tightest(first as number, second as number);
  if (keyword === 'type') return commonType(first as OneOrMore, second as OneOrMore);
  if (keyword !== 'enum') return undefined;
  const common = (first as unknown[]).filter((value) => (second as unknown[]).includes(value));
  return common.length === 0 ? undefined : common;
}

type OneOrMore = JsonType | readonly JsonType[];

function commonType(first: OneOrMore, second: OneOrMore): OneOrMore | undefined {
  const others = [second].flat();
  const types = [first].flat().flatMap((type) => {
    if (others.includes(type)) return [type];
    if (type === 'number' && others.includes('integer')) return ['integer' as const];
    return type === 'integer' && others.includes('number') ? [type] : [];
  });
  const [only] = types;
  return types.length > 1 ? types : only;
}
