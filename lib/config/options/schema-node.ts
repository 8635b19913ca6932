import type { TSchema } from 'typebox';

/** The JSON Schema keywords that our declarations use. */
export interface SchemaNode extends TSchema {
  readonly '~kind'?: string;
  readonly type?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
}

/** The part of a declaration that has keys, if any: the node itself or one of its alternatives. */
export function groupOf(schema: SchemaNode): SchemaNode | undefined {
  return [schema, ...(schema.anyOf ?? [])].find((node) => node.type === 'object');
}

/** What the values of an object with free keys must be. */
export function freeValueOf(schema: SchemaNode): SchemaNode | undefined {
  return Object.values(schema.patternProperties ?? {})[0];
}
