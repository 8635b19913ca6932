import type { Rule, Shape } from '../event/property-type.js';
import { combineKeywords } from './combine-keywords.js';
import type { JsonSchema } from './json-schema.js';
import { validatorKeywords } from './validator-keywords.js';

/** What a property may hold, and whether it must be there. */
export interface PropertySchema {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Any value, or none. */
export const ANYTHING: PropertySchema = { schema: {}, required: false };

/**
 * What a property's rules ask for. Rules that are not known, and those that hold under a condition
 * only, ask for nothing here: what the class accepts, the schema accepts too.
 *
 * @param nested schema of the objects in it, for `@ValidateNested`.
 */
export function propertySchema(
  { rules, shape }: { readonly rules: readonly Rule[]; readonly shape: Shape },
  nested: () => JsonSchema,
): PropertySchema {
  const conditions = rules.filter(({ type }) => type === 'conditionalValidation');
  if (conditions.some(({ name }) => name !== 'isOptional')) return ANYTHING;

  const optional = conditions.length > 0;
  const schema = valueSchema(rules, shape, nested);
  return {
    schema: optional && Object.keys(schema).length > 0 ? { anyOf: [schema, NULL] } : schema,
    required: !optional && rules.some((rule) => keywordsOf(rule) !== undefined),
  };
}

const NULL: JsonSchema = { type: 'null' };

function valueSchema(rules: readonly Rule[], shape: Shape, nested: () => JsonSchema): JsonSchema {
  const nestedRules = rules.filter(({ type }) => type === 'nestedValidation');
  const own = combine(rules.filter(({ each }) => !each));
  const objects = nestedRules.length > 0 ? [nested()] : [];
  const items = combineKeywords([combine(rules.filter(({ each }) => each)), ...objects]);

  switch (shape) {
    case 'list':
    case 'set':
      if (isEmpty(items)) return own;
      return combineKeywords([own, { type: 'array', items: orList(items) }]);
    case 'map':
      return isEmpty(items)
        ? own
        : combineKeywords([own, { type: 'object', additionalProperties: orList(items) }]);
    case 'any':
      return isEmpty(items)
        ? own
        : combineKeywords([own, { anyOf: [items, { type: 'array', items: orList(items) }] }]);
    case 'single':
      return combineKeywords([own, ...objects]);
  }
}

// The decorators of a list of objects and of a list of lists of them are alike; those of maps, too.
function orList(items: JsonSchema): JsonSchema {
  return items.type === 'object' ? { ...items, type: ['object', 'array'] } : items;
}

function combine(rules: readonly Rule[]): JsonSchema {
  return combineKeywords(rules.map((rule) => keywordsOf(rule) ?? {}));
}

function keywordsOf({ name, constraints, validateIf }: Rule): JsonSchema | undefined {
  if (name === undefined || validateIf) return undefined;
  return validatorKeywords(name, constraints ?? []);
}

function isEmpty(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}
