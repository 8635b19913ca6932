import type { Type } from '@nestjs/common';
import { defaultMetadataStorage as transformations } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { designTypeOf, rulesOf } from '../event/property-shape.js';
import type { JsonSchema } from './json-schema.js';
import { ANYTHING, propertySchema, type PropertySchema } from './property-schema.js';
import { sentProperties } from './sent-properties.js';

const ANY_OBJECT: JsonSchema = { type: 'object' };

/**
 * The JSON Schema of a class's instances as they go over the wire, from the decorators of
 * class-validator and class-transformer. Properties that it does not name are refused, as
 * class-validator refuses them when an event is fired.
 */
export function classSchema(type: Type<object>): JsonSchema {
  return objectSchema(type, []);
}

function objectSchema(type: Type<object>, outer: readonly Type<object>[]): JsonSchema {
  const rules = rulesOf(type);
  const properties = sentProperties(type, [...rules.keys()]).map(
    ({ property, name, transformed }): [string, PropertySchema] => {
      const own = rules.get(property);
      if (transformed || !own) return [name, ANYTHING];
      return [name, propertySchema(own, factsOf(type, property, [...outer, type]))];
    },
  );
  const required = properties.filter(([, { required }]) => required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(properties.map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function factsOf(type: Type<object>, property: string, outer: readonly Type<object>[]) {
  const designType = designTypeOf(type.prototype as object, property);
  return { designType, nested: () => nestedSchema(nestedType(type, property, designType), outer) };
}

function nestedType(type: Type<object>, property: string, designType: unknown): unknown {
  const recorded = transformations.findTypeMetadata(type, property);
  if (!recorded) return designType;
  return recorded.options?.discriminator ? undefined : recorded.typeFunction?.();
}

// Inlined, as Lightbus does; a class that holds itself would have no end.
function nestedSchema(type: unknown, outer: readonly Type<object>[]): JsonSchema {
  if (!isKnownClass(type) || outer.includes(type)) return ANY_OBJECT;
  // What it is on the wire, only the method knows.
  if ('toJSON' in type.prototype) return {};
  const schema = objectSchema(type, outer);
  const { additionalProperties: _, ...open } = schema;
  return { title: type.name, ...(hasSubclass(type) ? open : schema) };
}

function isKnownClass(type: unknown): type is Type<object> & { prototype: object } {
  return typeof type === 'function' && rulesOf(type).size > 0;
}

// An instance of it may be there instead, and class-validator goes by the instance's own class.
function hasSubclass(type: Type<object>): boolean {
  const { validationMetadatas } = getMetadataStorage() as unknown as {
    readonly validationMetadatas: ReadonlyMap<unknown, unknown>;
  };
  return [...validationMetadatas.keys()].some(
    (other) => typeof other === 'function' && other.prototype instanceof type,
  );
}
