import type { SchemaNode } from './schema-node.js';
import { factsOf } from './option.js';
import { rootOptions } from './root.options.js';

/** A JSON Schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 7) of a configuration file, with our defaults: for editors, and for users
 * of Python Lightbus, whose `dumpconfigschema` prints the same shape.
 */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lightbus configuration',
    ...toJsonSchema(rootOptions),
  };
}

function toJsonSchema(node: SchemaNode): JsonSchema {
  const { anyOf, properties, patternProperties, ...keywords } = node as SchemaNode & {
    readonly description?: string;
  };
  return {
    ...keywords,
    ...factsOf(node)?.keywords,
    ...describe(node, keywords.description),
    ...(anyOf && { anyOf: anyOf.map(toJsonSchema) }),
    ...(properties && { properties: mapValues(properties, toJsonSchema) }),
    ...(patternProperties && freeKeys(patternProperties)),
  };
}

// Editors show the description; the unit is no keyword of JSON Schema.
function describe(node: SchemaNode, description?: string): JsonSchema {
  const facts = factsOf(node);
  const unit = facts?.unit && `Unit: ${facts.unit}.`;
  const unused = facts?.used === false && 'Without effect in nestjs-lightbus.';
  const text = [description, unit, unused].filter(Boolean).join(' ');
  return text === '' ? {} : { description: text };
}

function freeKeys(patternProperties: Readonly<Record<string, SchemaNode>>): JsonSchema {
  const [value] = Object.values(patternProperties).map(toJsonSchema);
  return value && Object.keys(value).length > 0 ? { additionalProperties: value } : {};
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, map: (value: T) => R) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
