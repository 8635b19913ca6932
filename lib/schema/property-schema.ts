import { shapeOf, type Rule } from '../event/property-shape.js';
import { combineKeywords } from './combine-keywords.js';
import type { JsonSchema } from './json-schema.js';
import { validatorKeywords } from './validator-keywords.js';

/** What a property may hold, and whether it must be there. */
export interface PropertySchema {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** What is known about a property beside its rules. */
export interface PropertyFacts {
  /** The class that TypeScript recorded as its type (`design:type`), if it did. */
  readonly designType: unknown;
  /** Schema of the objects in it, for `@ValidateNested`. */
  readonly nested: () => JsonSchema;
}

/** Any value, or none. */
export const ANYTHING: PropertySchema = { schema: {}, required: false };

/**
 * What a property's rules ask for. Rules that are not known, and those that hold under a condition
 * only, ask for nothing here: what the class accepts, the schema accepts too.
 */
export function propertySchema(rules: readonly Rule[], facts: PropertyFacts): PropertySchema {
  const conditions = rules.filter(({ type }) => type === 'conditionalValidation');
  if (conditions.some(({ name }) => name !== 'isOptional')) return ANYTHING;

  const optional = conditions.length > 0;
  const schema = valueSchema(rules, facts);
  return {
    schema: optional && Object.keys(schema).length > 0 ? { anyOf: [schema, NULL] } : schema,
    required: !optional && rules.some((rule) => keywordsOf(rule) !== undefined),
  };
}

const NULL: JsonSchema = { type: 'null' };

function valueSchema(rules: readonly Rule[], { designType, nested }: PropertyFacts): JsonSchema {
  const nestedRules = rules.filter(({ type }) => type === 'nestedValidation');
  const own = combine(rules.filter(({ each }) => !each));
  const objects = nestedRules.length > 0 ? [nested()] : [];
  const items = combineKeywords([combine(rules.filter(({ each }) => each)), ...objects]);

  switch (shapeOf(rules, designType)) {
    case 'list':
      return isEmpty(items) ? own : combineKeywords([own, { type: 'array', items }]);
    case 'map':
      return isEmpty(items)
        ? own
        : combineKeywords([own, { type: 'object', additionalProperties: items }]);
    case 'any':
      return isEmpty(items)
        ? own
        : combineKeywords([own, { anyOf: [items, { type: 'array', items }] }]);
    case 'single':
      return combineKeywords([own, ...objects]);
  }
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
