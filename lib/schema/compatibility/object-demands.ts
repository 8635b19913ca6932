import type { Alternative } from './alternatives.js';
import { isRecord } from '../../event/schema/json-value.js';
import { asSchema, own, type AnySchema, type SchemaObject } from './schema-value.js';

/** What a schema asks for of a property of the objects that satisfy another one. */
export interface PropertyDemand {
  /** `undefined` for all that neither schema names. */
  readonly name: string | undefined;
  /** Whether the property must be there, and may not be. */
  readonly isMissing: boolean;
  /** What all of its values satisfy. */
  readonly values: readonly AnySchema[];
  /** What they must satisfy. */
  readonly wanted: AnySchema;
}

/**
 * What `properties`, `required` or `additionalProperties` of a schema ask for of objects.
 *
 * @param ignoresUnknown whether `additionalProperties: false` asks for nothing.
 */
export function propertyDemands(
  by: Alternative,
  outer: SchemaObject,
  keyword: string,
  ignoresUnknown: boolean,
): PropertyDemand[] {
  const { all } = by;
  const value = outer[keyword];
  const isRequired = (name: string) =>
    all.some(({ required }) => Array.isArray(required) && required.includes(name)) ||
    by.values?.every((one) => isRecord(one) && Object.hasOwn(one, name)) === true;
  if (keyword === 'required') {
    const names = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    return names
      .filter((name) => !isRequired(name))
      .map((name) => ({ name, isMissing: true, values: [], wanted: true }));
  }
  const known = Object.keys(isRecord(outer.properties) ? outer.properties : {});
  if (keyword === 'properties') {
    return known.map((name) => ({
      ...{ name, isMissing: false, values: valuesOf(all, name) },
      wanted: asSchema(own(value, name)),
    }));
  }
  const wanted = asSchema(value);
  if (wanted === true || (wanted === false && ignoresUnknown)) return [];
  const names = all.flatMap(({ properties }) =>
    isRecord(properties) ? Object.keys(properties) : [],
  );
  const others = [...new Set(names)].filter((name) => !known.includes(name));
  return [...others, undefined].map((name) => ({
    ...{ name, isMissing: false, values: valuesOf(all, name), wanted },
  }));
}

/** What values of a property satisfy; of one that no schema names, where there is no name. */
function valuesOf(all: readonly SchemaObject[], name: string | undefined): AnySchema[] {
  return all.map((schema) => {
    const named = name === undefined ? undefined : own(schema.properties, name);
    if (named !== undefined) return asSchema(named);
    // Which names a pattern is about is not looked into.
    if (isRecord(schema.patternProperties)) return true;
    return asSchema(schema.additionalProperties ?? true);
  });
}
