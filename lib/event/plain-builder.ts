import { types } from 'node:util';
import { TransformationType } from 'class-transformer';
import { EventSerializationError } from '../fire-errors.js';
import { hasModel, isModelled, modelOf, type PropertyModel } from './class-model.js';
import { classOf, isPlain } from './own-properties.js';
import type { Discriminator } from './property-type.js';

/**
 * What is sent of an instance, by the names of the wire: a copy, down to the values that the serializer
 * writes itself (dates, bytes, bigints, objects with `toJSON`).
 *
 * @throws EventSerializationError where a property is a function.
 */
export function toPlain(instance: object): Record<string, unknown> {
  const type = classOf(instance);
  return hasModel(type) ? ofModel(instance, modelOf(type), true) : entriesOf(instance, true);
}

function ofModel(
  instance: object,
  { properties, computed, isClosed }: ReturnType<typeof modelOf>,
  isEvent: boolean,
): Record<string, unknown> {
  const plain: [string, unknown][] = [];
  const add = (key: string, property: PropertyModel | undefined): void => {
    if (property ? property.sentAs === undefined : isClosed) return;
    const given = (instance as Record<string, unknown>)[key];
    if (isEvent) refuseFunction(given, key);
    const value = property ? transformed(property, given, instance) : given;
    const sent = toValue(value, property?.discriminator);
    if (sent !== undefined) plain.push([property?.sentAs ?? key, sent]);
  };
  for (const key of Object.keys(instance)) add(key, properties.get(key));
  for (const property of computed) {
    const { property: key } = property;
    if (Object.hasOwn(instance, key)) continue;
    const member = (instance as Record<string, unknown>)[key];
    // What a method returns is sent where the method is exposed.
    const given = typeof member === 'function' ? (member.call(instance) as unknown) : member;
    const sent = toValue(transformed(property, given, instance), property.discriminator);
    if (sent !== undefined) plain.push([property.sentAs ?? key, sent]);
  }
  // Defines own properties, whatever their names are.
  return Object.fromEntries(plain);
}

function transformed(property: PropertyModel, given: unknown, obj: object): unknown {
  return property.toPlain.reduce<unknown>((value, transform) => {
    const { CLASS_TO_PLAIN: type } = TransformationType;
    return transform({ value, key: property.property, obj, type, options: {} });
  }, given);
}

function toValue(value: unknown, discriminator?: Discriminator): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const item = (each: unknown): unknown => toValue(each, discriminator);
  if (value instanceof Map) {
    return new Map([...value].map(([key, each]: [unknown, unknown]) => [key, item(each)]));
  }
  if (isWrittenAsItIs(value)) return value;
  if (Array.isArray(value)) return Array.from(value, item);
  if (value instanceof Set) return [...value].map(item);
  const type = classOf(value);
  if (isPlain(value) || !isModelled(type)) return entriesOf(value, false);
  const plain = ofModel(value, modelOf(type), false);
  const name = discriminator?.subTypes.find((subType) => subType.value === type)?.name;
  if (discriminator === undefined || name === undefined) return plain;
  return Object.fromEntries([...Object.entries(plain), [discriminator.property, name]]);
}

function entriesOf(value: object, isEvent: boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => {
      if (isEvent) refuseFunction(each, key);
      return [key, toValue(each)];
    }),
  );
}

// Where it is deeper, the serializer refuses it, with its path.
function refuseFunction(value: unknown, key: string): void {
  if (typeof value !== 'function') return;
  throw new EventSerializationError(
    `The property '${key}' is a function, which can't be sent. ` +
      'Remove it, decorate it with @Exclude(), or make it a method of the class.',
  );
}

function isWrittenAsItIs(value: object): boolean {
  return (
    types.isDate(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isBoxedPrimitive(value) ||
    ('toJSON' in value && typeof value.toJSON === 'function')
  );
}
