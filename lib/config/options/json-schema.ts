import type { SchemaNode } from './schema-node.js';
import { factsOf, isRefusedByPython } from './option.js';
import { rootOptions } from './root.options.js';

/** A JSON Schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 7) of a configuration file, with our defaults: for editors, and for users
 * of Python Lightbus, whose `dumpconfigschema` prints the same shape.
 *
 * @param forPython leaves out the keys that Python Lightbus refuses: for a file that both read.
 */
export function configJsonSchema(forPython = false): JsonSchema {
  const title = forPython
    ? 'Lightbus configuration that Python and Node services share'
    : 'Lightbus configuration';
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    ...toJsonSchema(rootOptions, (node) => !forPython || !isRefusedByPython(node)),
  };
}

type IsWanted = (node: SchemaNode) => boolean;

function toJsonSchema(node: SchemaNode, isWanted: IsWanted): JsonSchema {
  const { anyOf, properties, patternProperties, ...keywords } = node as SchemaNode & {
    readonly description?: string;
  };
  const each = (inner: SchemaNode) => toJsonSchema(inner, isWanted);
  return {
    ...keywords,
    ...factsOf(node)?.keywords,
    ...describe(node, keywords.description),
    ...(anyOf && { anyOf: anyOf.map(each) }),
    ...(properties && { properties: mapValues(wantedOf(properties, isWanted), each) }),
    ...(patternProperties && freeKeys(mapValues(patternProperties, each))),
  };
}

function wantedOf<T extends SchemaNode>(nodes: Readonly<Record<string, T>>, isWanted: IsWanted) {
  return Object.fromEntries(Object.entries(nodes).filter(([, node]) => isWanted(node)));
}

// Editors show the description; the unit is no keyword of JSON Schema.
function describe(node: SchemaNode, description?: string): JsonSchema {
  const facts = factsOf(node);
  const unit = facts?.unit && `Unit: ${facts.unit}.`;
  const unused = facts?.used === false && 'Without effect in nestjs-lightbus.';
  const text = [description, unit, unused].filter(Boolean).join(' ');
  return text === '' ? {} : { description: text };
}

function freeKeys(patternProperties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const [value] = Object.values(patternProperties);
  return value && Object.keys(value).length > 0 ? { additionalProperties: value } : {};
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, map: (value: T) => R) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
