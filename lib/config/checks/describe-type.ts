import { factsOf } from '../options/option.js';
import type { SchemaNode } from '../options/schema-node.js';

/** In words, what a value must be: `a whole number from 1 to 100000, or null`. */
export function describeType(schema: SchemaNode): string {
  const expected = factsOf(schema)?.expected;
  if (expected !== undefined) return expected;
  if (schema.anyOf) return schema.anyOf.map(describeType).join(', or ');
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `a whole number ${describeBounds(schema)}`.trimEnd();
    case 'number':
      return `a number ${describeBounds(schema)}`.trimEnd();
    case 'boolean':
      return 'true or false';
    case 'object':
      return describeSection(schema);
    case 'string':
      return 'a text';
    default:
      return schema.type ?? 'anything';
  }
}

function describeSection({ properties }: SchemaNode): string {
  const keys = Object.keys(properties ?? {});
  return keys.length === 0 ? 'an object' : `an object (keys: ${keys.join(', ')})`;
}

function describeBounds({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  // The largest number that JSON can carry is no bound worth a word.
  const end = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (exclusiveMinimum !== undefined) {
    return `greater than ${exclusiveMinimum}${end === undefined ? '' : `, at most ${end}`}`;
  }
  if (minimum === undefined) return end === undefined ? '' : `of at most ${end}`;
  return end === undefined ? `of at least ${minimum}` : `from ${minimum} to ${end}`;
}
