import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What arktype's types can do about properties that they don't know. */
interface ArkType extends StandardSchemaV1 {
  readonly onDeepUndeclaredKey?: (behaviour: 'reject') => StandardSchemaV1;
}

/**
 * The same schema, which refuses properties that it does not know, at every depth, where it is arktype's: that lets them
 * through, and before 2.1.28 it has no JSON Schema that would name those it knows. Other schemas come back as they are.
 */
export function refusingUnknown(schema: StandardSchemaV1): StandardSchemaV1 {
  const isArkType = schema['~standard'].vendor === 'arktype';
  return (isArkType && (schema as ArkType).onDeepUndeclaredKey?.('reject')) || schema;
}
