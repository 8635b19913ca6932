/** Names that no class can have, as every object has a member of that name: whoever looks them up finds something else. */

import type { InvalidProperty } from '../fire-errors.js';
import { hasModel, modelOf, type PropertyModel } from './class-model.js';
import { classOf, namedLikeMembers } from './own-properties.js';

/** class-validator's name for the constraint that an unknown property breaks. */
export const UNEXPECTED = 'whitelistValidation';

/** A finding: a property that is none of its class. */
export function unexpected(instance: object, name: string, parent = ''): InvalidProperty {
  return {
    path: join(parent, name),
    value: Object.hasOwn(instance, name) ? (instance as Record<string, unknown>)[name] : undefined,
    constraints: { [UNEXPECTED]: `property ${name} should not exist` },
  };
}

/**
 * Properties named like a member of every object (`hasOwnProperty`) in the validated objects that an event holds:
 * class-validator takes some of them for known ones.
 */
export function findStrangersInside(event: object, parent = ''): InvalidProperty[] {
  const type = classOf(event);
  if (!hasModel(type)) return [];
  return [...modelOf(type).properties.values()].flatMap((property) =>
    validatedIn(property, event, parent).flatMap(([object, path]) => [
      ...strangersOf(object, path),
      ...findStrangersInside(object, path),
    ]),
  );
}

/** The objects in a property that class-validator validates, too, each with its path. */
export function validatedIn(
  { property, rules }: PropertyModel,
  owner: object,
  parent: string,
): [object, string][] {
  if (!rules.some((rule) => rule.type === 'nestedValidation')) return [];
  return objectsIn((owner as Record<string, unknown>)[property], join(parent, property));
}

function strangersOf(object: object, path: string): InvalidProperty[] {
  const type = classOf(object);
  const known = hasModel(type) ? modelOf(type).properties : undefined;
  return namedLikeMembers(object)
    .filter((name) => !known?.has(name))
    .map((name) => unexpected(object, name, path));
}

/** An object, or those in lists, sets and maps, each with its path. */
function objectsIn(value: unknown, path: string): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Map) return entriesIn([...(value as Map<string, unknown>)], path);
  if (value instanceof Set) return entriesIn([...(value as Set<unknown>)].entries(), path);
  return Array.isArray(value) ? entriesIn(value.entries(), path) : [[value, path]];
}

function entriesIn(
  entries: Iterable<readonly [string | number, unknown]>,
  path: string,
): [object, string][] {
  return [...entries].flatMap(([name, item]) => objectsIn(item, `${path}.${name}`));
}

/**
 * Properties named `__proto__` in what an event is made of: nobody reads them, as they could change the prototype of what
 * they are copied to.
 */
export function findProtos(payload: object): InvalidProperty[] {
  const found: InvalidProperty[] = [];
  const seen = new Set<object>();
  const look = (object: object, parent: string): void => {
    if (seen.has(object)) return;
    seen.add(object);
    for (const [name, item] of Object.entries(object)) {
      if (name === '__proto__') found.push(unexpected(object, name, parent));
      else for (const [inner, at] of objectsIn(item, join(parent, name))) look(inner, at);
    }
  };
  look(payload, '');
  return found;
}

/** A path, one name longer. */
export function join(parent: string, name: string): string {
  return parent ? `${parent}.${name}` : name;
}
