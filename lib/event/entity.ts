import type { Type } from '@nestjs/common';
import { EventDefinitionError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { modelOf, type PropertyModel } from './class-model.js';
import { hasDefault, makeEmpty } from './empty-instance.js';
import type { EventDefinition } from './event.decorator.js';
import { inheritedMember } from './own-properties.js';
import { typeFor } from './property-type.js';
import { kindOf } from './value-kinds.js';

/** Whether a value says which entity an event is about: a number, or a text that is the same one on the wire. */
export function isKey(value: unknown): value is string | number | bigint {
  // Halves of surrogate pairs all are one on the wire.
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value);
  return typeof value === 'bigint' || Number.isFinite(value);
}

/**
 * The parameter that says which entity an event is about: the name on the wire of the property that its `@Event`
 * names as `key`. The same for all versions of the event: what is stored says it, and no upcaster can change that.
 *
 * @returns `undefined` for an event without a key.
 * @throws EventDefinitionError where that property is not sent, or is declared as what can be no key.
 */
export function keyParameterOf(definition: EventDefinition): string | undefined {
  if (definition.key === undefined) return undefined;
  let parameter = keyParameters.get(definition);
  if (parameter === undefined) {
    parameter = findKeyParameter(definition, definition.key);
    keyParameters.set(definition, parameter);
  }
  return parameter;
}

const keyParameters = new WeakMap<EventDefinition, string>();

function findKeyParameter({ type, canonicalName }: EventDefinition, key: string): string {
  const { properties, isClosed } = modelOf(type);
  const property = properties.get(key);
  if (property?.sentAs !== undefined) {
    const holds = unfitFor(type, property);
    if (holds === undefined) return property.sentAs;
    throw new EventDefinitionError(
      `'${canonicalName}' has the key '${key}', and ${type.name}.${key} is ${holds}, so that no such event could be ` +
        'sent. Name a property that is a text or a number: it says which entity the event is about.',
    );
  }
  // Getters are sent where a decorator says so.
  const isUndeclared = property === undefined && !isClosed;
  if (isUndeclared && !isMember(type.prototype as object, key)) return key;
  throw new EventDefinitionError(
    `'${canonicalName}' has the key '${key}', and ${type.name} does not send that property (@Exclude, @Expose, ` +
      'or a getter without @Expose). What is not stored can say of no event which entity it is about.',
  );
}

/** What is wrong with the key of an event that is to be sent: without one it would belong to no entity. */
export function faultOfKey(
  definition: EventDefinition,
  parameters: Readonly<Record<string, unknown>>,
): InvalidProperty | undefined {
  const { key: path } = definition;
  const parameter = keyParameterOf(definition);
  if (path === undefined || parameter === undefined) return undefined;
  const value = parameters[parameter];
  if (isKey(value)) return undefined;
  const problem = `${path} must be a text without halves of surrogate pairs, or a finite number`;
  return {
    path,
    value,
    constraints: { isKey: `${problem}: it says which entity the event is about` },
  };
}

/** What a property is declared to hold, where that can never say which entity an event is about. */
function unfitFor(type: Type<object>, property: PropertyModel): string | undefined {
  const { toPlain, toClass, shape, discriminator } = property;
  // What is sent of these, only the application knows.
  const isMade = isMember(type.prototype as object, property.property);
  if (isMade || toPlain.length > 0 || toClass.length > 0) return undefined;
  if (shape !== 'single' && shape !== 'any') return `a ${shape}`;
  if (discriminator) return 'an object';
  const declared = typeFor(property);
  if (declared === undefined || declared === Object) return undefined;
  if (declared === String || declared === Number || declared === BigInt) return undefined;
  const { name } = declared as { readonly name: string };
  return kindOf(declared)?.name ?? `an object of the class ${name}`;
}

/** Whether a class gives each of its instances a key, where none is given. */
export function hasKeyByDefault({ type, key }: EventDefinition): boolean {
  if (key === undefined || !hasDefault(type, key)) return false;
  const { instance } = makeEmpty(type);
  return isKey((instance as Readonly<Record<string, unknown>>)[key]);
}

function isMember(prototype: object, name: string): boolean {
  return (
    !(name in Object.prototype) &&
    inheritedMember(Object.create(prototype) as object, name) !== undefined
  );
}
