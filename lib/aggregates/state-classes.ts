import type { Type } from '@nestjs/common';
import { modelOf, type PropertyModel } from '../event/class-model.js';

/**
 * The classes that the state of an aggregate may hold instances of: those of its events and of what they hold, its own,
 * and those that `@Type` names in it. By name; a name that two classes have is none.
 */
export function stateClasses(roots: Iterable<Type<object>>): ReadonlyMap<string, Type<object>> {
  const byName = new Map<string, Type<object>>();
  const twice = new Set<string>();
  for (const type of heldClasses(roots)) {
    if (byName.has(type.name)) twice.add(type.name);
    byName.set(type.name, type);
  }
  for (const name of [...twice, '']) byName.delete(name);
  return byName;
}

/** Classes, and those that their properties hold instances of. */
export function heldClasses(roots: Iterable<Type<object>>): ReadonlySet<Type<object>> {
  const seen = new Set<Type<object>>();
  const waiting = [...roots];
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    if (seen.has(type)) continue;
    seen.add(type);
    for (const property of modelOf(type).properties.values()) {
      const types = [
        typeIn(property),
        ...subTypesOf(property.discriminator).map(({ value }) => value),
      ];
      waiting.push(...types.filter(isOwnClass));
    }
  }
  return seen;
}

/** How instances of a class are made of what is stored, as its decorators say: they are no part of its text. */
export function readingOf(type: Type<object>): unknown[] {
  const { properties, isClosed } = modelOf(type);
  const each = [...properties.values()].map((property) => {
    const { readFrom, shape, discriminator, toClass } = property;
    const held = [typeIn(property), discriminator?.property];
    for (const { name, value } of subTypesOf(discriminator)) held.push(name, value);
    const names = held.map((one) => (typeof one === 'function' ? one.name : one));
    return [property.property, readFrom, shape, names, toClass.map(String)];
  });
  return [isClosed, ...each];
}

const PRIVATE =
  /\.\s*#[\p{ID_Start}$_]|#[\p{ID_Continue}$]+\s+in\s|class_?private|__private[A-Z]/iu;
const privacy = new WeakMap<Type<object>, boolean>();

/**
 * Whether instances hold what nobody can see: `#private` fields. By the text of the class and those that it
 * extends, also where a compiler has replaced them; a text that only looks so counts.
 */
export function hasPrivateFields(type: Type<object>): boolean {
  let known = privacy.get(type);
  if (known === undefined) {
    known = false;
    for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
      known ||= PRIVATE.test(Function.prototype.toString.call(one));
    }
    privacy.set(type, known);
  }
  return known;
}

interface SubType {
  readonly name?: unknown;
  readonly value?: unknown;
}

function subTypesOf(discriminator: { readonly subTypes?: readonly SubType[] } | undefined) {
  return discriminator?.subTypes ?? [];
}

function isOwnClass(type: unknown): type is Type<object> {
  if (typeof type !== 'function' || typeof type.prototype !== 'object') return false;
  return Reflect.get(globalThis, type.name) !== type;
}

// The function of a `@Type` may need to be told about an object.
function typeIn(property: PropertyModel): unknown {
  try {
    return property.typeOf();
  } catch {
    return undefined;
  }
}
