import { types } from 'node:util';
import { EventSerializationError } from '../../fire-errors.js';
import { hasModel, isModelled, modelOf, type PropertyModel } from '../class-model.js';
import { TransformationType } from '../libraries.js';
import { classOf, isPlain, setOwn } from '../own-properties.js';
import type { Discriminator } from '../property-type.js';
import { perClass } from './per-class.js';

type Plain = Record<string, unknown>;

/** Writes an instance; `isEvent`: it is the event itself, whose properties must be no functions. */
type Writer = (instance: object, isEvent: boolean) => Plain;

/** How a property is written: its name on the wire, and what is sent of a value. */
interface WrittenProperty {
  readonly key: string;
  readonly sentAs: string;
  readonly write: (value: unknown, owner: object) => unknown;
}

/**
 * What is sent of an instance, by the names of the wire: a copy, down to the values that the serializer
 * writes itself (dates, bytes, bigints, objects with `toJSON`).
 *
 * @throws EventSerializationError where a property is a function.
 */
export function toPlain(instance: object): Plain {
  const type = classOf(instance);
  return hasModel(type) ? writerOf(type)(instance, true) : entriesOf(instance, true);
}

const writerOf = perClass((type): Writer => {
  const { properties, computed, isClosed } = modelOf(type);
  const written = new Map([...properties].map(([key, property]) => [key, compile(property)]));
  const getters = computed.map(compile).filter((property) => property !== 'unsent');
  return (instance, isEvent) => {
    const plain: Plain = {};
    for (const key of Object.keys(instance)) {
      const property = written.get(key);
      if (property === 'unsent' || (property === undefined && isClosed)) continue;
      const value = (instance as Plain)[key];
      if (isEvent && typeof value === 'function') refuseFunction(key);
      const sent = property === undefined ? toValue(value) : property.write(value, instance);
      if (sent !== undefined) put(plain, property?.sentAs ?? key, sent);
    }
    for (const { key, sentAs, write } of getters) {
      if (Object.hasOwn(instance, key)) continue;
      const member = (instance as Plain)[key];
      // What a method returns is sent where the method is exposed.
      const value = typeof member === 'function' ? (member.call(instance) as unknown) : member;
      const sent = write(value, instance);
      if (sent !== undefined) put(plain, sentAs, sent);
    }
    return plain;
  };
});

function compile(property: PropertyModel): WrittenProperty | 'unsent' {
  const { property: key, sentAs, toPlain: transforms, discriminator } = property;
  if (sentAs === undefined) return 'unsent';
  if (transforms.length === 0) {
    return { key, sentAs, write: (value) => toValue(value, discriminator) };
  }
  const about = { key, type: TransformationType.CLASS_TO_PLAIN, options: {} };
  const write = (value: unknown, obj: object) => {
    const transformed = transforms.reduce<unknown>(
      (before, transform) => transform({ ...about, value: before, obj }),
      value,
    );
    return toValue(transformed, discriminator);
  };
  return { key, sentAs, write };
}

function toValue(value: unknown, discriminator?: Discriminator): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)];
    return new Map(entries.map(([key, each]) => [key, toValue(each, discriminator)]));
  }
  if (isWrittenAsItIs(value)) return value;
  if (Array.isArray(value) || value instanceof Set) {
    // Of a list, the holes too.
    const items: readonly unknown[] = [...value];
    return items.map((each) => toValue(each, discriminator));
  }
  if (isPlain(value)) return entriesOf(value, false);
  const type = classOf(value);
  if (!isModelled(type)) return entriesOf(value, false);
  const plain = writerOf(type)(value, false);
  const name = discriminator?.subTypes.find((subType) => subType.value === type)?.name;
  if (discriminator !== undefined && name !== undefined) put(plain, discriminator.property, name);
  return plain;
}

function entriesOf(value: object, isEvent: boolean): Plain {
  const plain: Plain = {};
  for (const key of Object.keys(value)) {
    const each = (value as Plain)[key];
    if (isEvent && typeof each === 'function') refuseFunction(key);
    put(plain, key, toValue(each));
  }
  return plain;
}

// As an own property, whatever its name is.
function put(plain: Plain, name: string, value: unknown): void {
  if (name in Object.prototype) setOwn(plain, name, value);
  else plain[name] = value;
}

// Where it is deeper, the serializer refuses it, with its path.
function refuseFunction(key: string): never {
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
