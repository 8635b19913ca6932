import type TypeBox from 'typebox';
import type { SchemaNode } from './schema-node.js';

type Names =
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe';

type Keywords = Readonly<Partial<SchemaNode>>;
type Nodes = Readonly<Record<string, SchemaNode>>;

const typed =
  (type: string) =>
  (keywords?: Keywords): SchemaNode => ({ type, ...keywords });

/**
 * The types of options, as JSON Schema: those of TypeBox that our declarations use, with its static types. Its own
 * functions are three hundred files, which every process that imports the library would load.
 */
export const Type = {
  Boolean: typed('boolean'),
  Integer: typed('integer'),
  Null: typed('null'),
  Number: typed('number'),
  String: typed('string'),
  Enum: (values: SchemaNode['enum'], keywords?: Keywords) => ({ enum: values, ...keywords }),
  Unknown: () => ({}),
  Union: (anyOf: readonly SchemaNode[]) => ({ anyOf }),
  // Its keys are any; no declaration says another pattern.
  Record: (_: SchemaNode, value: SchemaNode) => ({
    type: 'object',
    patternProperties: { '^.*$': value },
  }),
  // All properties are optional in our declarations.
  Object: (properties: Nodes, keywords?: Keywords) => ({ type: 'object', properties, ...keywords }),
  Optional: (node: SchemaNode) => ({ ...node }),
  Unsafe: (node: SchemaNode) => ({ ...node }),
} as unknown as Pick<typeof TypeBox, Names>;
