import { enumValues } from '../property-type.js';
import { NOTHING, type JsonSchema } from './json-schema.js';
import { part, whole, type Said } from './said.js';

type Constraints = readonly unknown[];

/** class-validator's rules that name values, or none at all, by their names in its metadata. */
export const VALUE_RULES: Readonly<Record<string, (constraints: Constraints) => Said>> = {
  isBoolean: () => whole({ type: 'boolean' }),
  isEnum: ([entity]) => oneOf(enumValues(entity)),
  isIn: ([values]) => (Array.isArray(values) ? oneOf(values) : whole(NOTHING)),
  equals: ([value]) => oneOf([value]),
  isNotIn: ([values]) => noneOf(Array.isArray(values) ? values : []),
  notEquals: ([value]) => noneOf([value]),
  isDefined: () => whole({}),
  isNotEmpty: () => whole({ not: { enum: [''] } }),
  isEmpty: () => ({ ...whole({ enum: [''] }), takesNull: true, takesUndefined: true }),
};

/** Whether JSON has the value: no other value is written like it. */
export function isJson(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  );
}

// Objects are told by their identity, which nothing that is sent has.
function oneOf(values: readonly unknown[]): Said {
  const nothing = nothings(values);
  const given = values.filter((value) => value !== undefined && !Number.isNaN(value));
  if (!given.every(isJson)) return { ...part({}), ...nothing };
  const listed = given.filter((value) => value !== null);
  const schema: JsonSchema = listed.length === 0 ? NOTHING : { enum: distinct(listed) };
  return { ...whole(schema), ...nothing };
}

function noneOf(values: readonly unknown[]): Said {
  const { takesNull, takesUndefined } = nothings(values);
  const listed = values.filter((value) => value !== null && isJson(value));
  const schema: JsonSchema = listed.length === 0 ? {} : { not: { enum: distinct(listed) } };
  // Other values are found by their identity: none that was read from JSON is one.
  return {
    ...whole(schema),
    ...(!takesNull && { takesNull: true }),
    ...(!takesUndefined && { takesUndefined: true }),
  };
}

function nothings(values: readonly unknown[]): Pick<Said, 'takesNull' | 'takesUndefined'> {
  return {
    ...(values.includes(null) && { takesNull: true }),
    ...(values.includes(undefined) && { takesUndefined: true }),
  };
}

function distinct(values: readonly unknown[]): unknown[] {
  // Of 0 and -0, one.
  return [...new Set(values)];
}
