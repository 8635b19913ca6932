import type { Type } from '@nestjs/common';
import { isModelled, modelOf, type PropertyModel } from '../event/class-model.js';
import { rulesOf, type Rule } from '../event/property-type.js';
import type { JsonSchema } from './json-schema.js';
import { ANYTHING, propertySchema, type PropertySchema } from './property-schema.js';

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
  const sent = [...modelOf(type).properties.values()].flatMap(
    (model): [string, PropertySchema][] =>
      model.sentAs === undefined ? [] : [[model.sentAs, schemaOf(model, [...outer, type])]],
  );
  const required = sent.filter(([, { required }]) => required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(sent.map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function schemaOf(model: PropertyModel, outer: readonly Type<object>[]): PropertySchema {
  if (model.toPlain.length > 0 || model.rules.length === 0) return ANYTHING;
  const { discriminator, shape } = model;
  const rules = model.rules.map((rule) => withoutObject(rule, model));
  return propertySchema({ rules, shape }, () =>
    // Which one it is, a property says.
    nestedSchema(discriminator ? undefined : model.typeOf(), outer),
  );
}

// class-validator takes a date, a set, bytes for objects, but they are written as something else.
function withoutObject(rule: Rule, model: PropertyModel): Rule {
  const isAboutObjects = rule.name === 'isObject' || rule.name === 'isNotEmptyObject';
  return isAboutObjects && !isWrittenAsObject(rule, model) ? withName(rule, 'isDefined') : rule;
}

function withName(rule: Rule, name: string): Rule {
  return Object.create(rule, { name: { value: name, enumerable: true } }) as Rule;
}

function isWrittenAsObject({ each }: Rule, model: PropertyModel): boolean {
  const { shape, toClass } = model;
  if (toClass.length > 0) return false;
  if (!each && (shape === 'map' || shape === 'set')) return shape === 'map';
  const type = model.typeOf();
  return type === undefined || type === Object || isModelled(type);
}

// Inlined, as Lightbus does; a class that holds itself would have no end.
function nestedSchema(type: unknown, outer: readonly Type<object>[]): JsonSchema {
  if (!isKnownClass(type) || outer.includes(type)) return ANY_OBJECT;
  // What it is on the wire, only the method knows.
  if ('toJSON' in type.prototype) return {};
  return { title: type.name, ...objectSchema(type, outer) };
}

function isKnownClass(type: unknown): type is Type<object> & { prototype: object } {
  return typeof type === 'function' && rulesOf(type).size > 0;
}
