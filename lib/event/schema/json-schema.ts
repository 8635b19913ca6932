/** The keywords of JSON Schema (draft 7) that are written here. */
export interface JsonSchema {
  readonly $schema?: string;
  /** A class that holds itself, or is held by what it holds: `#/definitions/<name>`. Nothing else stands beside it. */
  readonly $ref?: string;
  /** Says something to readers, and nothing to validators. */
  readonly $comment?: string;
  readonly title?: string;
  readonly description?: string;
  /** What an object has where nothing was given. */
  readonly default?: unknown;
  readonly type?: JsonType | readonly JsonType[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly items?: JsonSchema;
  readonly contains?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** Names of types in JSON Schema. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What no value satisfies. */
export const NOTHING: JsonSchema = { not: {} };

/** Objects of any names but the one that nobody reads. */
export const NO_PROTO: JsonSchema = { propertyNames: { not: { enum: ['__proto__'] } } };

/** What only null satisfies. */
export const NULL: JsonSchema = { type: 'null' };

/** Whether null does not satisfy a schema, as far as can be seen without trying. */
export function refusesNull(schema: JsonSchema): boolean {
  const { $ref, type, enum: values, anyOf, allOf = [], not } = schema;
  if ($ref !== undefined) return true;
  if (type !== undefined) return ![type].flat().includes('null');
  if (values) return !values.includes(null);
  if (anyOf?.every(refusesNull)) return true;
  if (not && (Object.keys(not).length === 0 || not.type === 'null')) return true;
  if (not?.enum?.includes(null) && Object.keys(not).length === 1) return true;
  return allOf.some(refusesNull);
}
