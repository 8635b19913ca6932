import type { SchemaNode } from '../options/schema-node.js';

/**
 * Whether a value is of an option's type. An object never is: a group's keys are checked one by one, each for itself.
 */
export function hasType(schema: SchemaNode, value: unknown): boolean {
  if (schema.anyOf) return schema.anyOf.some((alternative) => hasType(alternative, value));
  if (schema.enum) return schema.enum.some((one) => one === value);
  switch (schema.type) {
    case 'integer':
      return Number.isInteger(value) && isWithin(schema, value as number);
    case 'number':
      return Number.isFinite(value) && isWithin(schema, value as number);
    case 'null':
      return value === null;
    case 'object':
      return false;
    default:
      return schema.type === undefined || typeof value === schema.type;
  }
}

function isWithin(schema: SchemaNode, value: number): boolean {
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = schema;
  return value >= minimum && value > exclusiveMinimum && value <= maximum;
}
