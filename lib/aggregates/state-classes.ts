import type { Type } from '@nestjs/common';
import { modelOf } from '../event/class-model.js';

/**
 * The classes that the state of an aggregate may hold instances of: those of its events and of what they hold, its own,
 * and those that `@Type` names in it. By name; a name that two classes have is none.
 */
export function stateClasses(roots: readonly Type<object>[]): ReadonlyMap<string, Type<object>> {
  const seen = new Set<Type<object>>();
  const waiting = [...roots];
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    if (seen.has(type)) continue;
    seen.add(type);
    for (const property of modelOf(type).properties.values()) {
      const types = [safely(() => property.typeOf()), ...subTypesOf(property.discriminator)];
      waiting.push(...types.filter(isOwnClass));
    }
  }
  const byName = new Map<string, Type<object>>();
  const twice = new Set<string>();
  for (const type of seen) {
    if (byName.has(type.name)) twice.add(type.name);
    byName.set(type.name, type);
  }
  for (const name of [...twice, '']) byName.delete(name);
  return byName;
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

function subTypesOf(discriminator: { readonly subTypes?: readonly object[] } | undefined) {
  return (discriminator?.subTypes ?? []).map((one) => (one as { value?: unknown }).value);
}

function isOwnClass(type: unknown): type is Type<object> {
  if (typeof type !== 'function' || typeof type.prototype !== 'object') return false;
  return Reflect.get(globalThis, type.name) !== type;
}

// The function of a `@Type` may need to be told about an object.
function safely(ask: () => unknown): unknown {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
