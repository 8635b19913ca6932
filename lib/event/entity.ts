import { EventDefinitionError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { modelOf } from './class-model.js';
import type { EventDefinition } from './event.decorator.js';
import { inheritedMember } from './own-properties.js';

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
 * @throws EventDefinitionError where that property is not sent.
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
  if (property?.sentAs !== undefined) return property.sentAs;
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

function isMember(prototype: object, name: string): boolean {
  return (
    !(name in Object.prototype) &&
    inheritedMember(Object.create(prototype) as object, name) !== undefined
  );
}
