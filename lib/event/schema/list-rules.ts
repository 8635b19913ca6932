import { isJson } from './value-rules.js';
import { NOTHING, type JsonSchema } from './json-schema.js';
import { narrower, part, whole, type Said } from './said.js';

type Constraints = readonly unknown[];

const LIST: JsonSchema = { type: 'array' };

/** class-validator's rules for lists, by their names in its metadata. */
export const LIST_RULES: Readonly<Record<string, (constraints: Constraints) => Said>> = {
  isArray: () => whole(LIST),
  arrayNotEmpty: () => whole({ ...LIST, minItems: 1 }),
  arrayMinSize: ([least]) => sized('minItems', least),
  arrayMaxSize: ([most]) => sized('maxItems', most),
  // To class-validator, objects are unique that are equal.
  arrayUnique: () => narrower({ ...LIST, uniqueItems: true }),
  arrayContains: ([values]) => containing(values),
  arrayNotContains: ([values]) => notContaining(values),
};

/** Items that are unique by what a function of the application's says of them. */
export const UNIQUE_BY: Said = part(LIST);

function sized(keyword: 'minItems' | 'maxItems', limit: unknown): Said {
  if (typeof limit !== 'number' || Number.isNaN(limit)) return part(LIST);
  const isLeast = keyword === 'minItems';
  const size = isLeast ? Math.max(0, Math.ceil(limit)) : Math.floor(limit);
  if (size === Infinity) return whole(isLeast ? NOTHING : LIST);
  return whole(size < 0 ? NOTHING : { ...LIST, [keyword]: size });
}

function containing(values: unknown): Said {
  if (!Array.isArray(values)) return part(LIST);
  if (!values.every(isJson)) return part(LIST);
  const each = values.map((value: unknown): JsonSchema => containingOne([value]));
  return whole(each.length === 0 ? LIST : { ...LIST, allOf: each });
}

function notContaining(values: unknown): Said {
  if (!Array.isArray(values)) return part(LIST);
  const listed = values.filter(isJson);
  return whole(listed.length === 0 ? LIST : { ...LIST, not: containingOne(listed) });
}

function containingOne(values: readonly unknown[]): JsonSchema {
  return { ...LIST, contains: { enum: [...new Set(values)] } };
}
