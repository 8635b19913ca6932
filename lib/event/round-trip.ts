import type { Type } from '@nestjs/common';
import type { InvalidProperty } from '../fire-errors.js';
import { findLostAccessors } from './accessors.js';
import { hasModel, isModelled, keptTag, modelOf, type PropertyModel } from './class-model.js';
import { hasDefault } from './empty-instance.js';
import { allowsNonFinite, nonFinite } from './finite-numbers.js';
import { classOf, inheritedMember, isExactly } from './own-properties.js';
import {
  checkEntries,
  checkFree,
  checkList,
  checkSymbols,
  invalid,
  isForNoJson,
  proto,
  type Path,
} from './plain-json.js';
import { holdsLists, typeFor } from './property-type.js';
import { exceededLength, isEnumName } from './rule-gaps.js';
import { isNonFinite, kindOf } from './value-kinds.js';

/**
 * Values of an instance, in nested objects too, that would not come back as they are: of another shape or
 * class than the one declared, or where none is declared, of a class that JSON doesn't know. What a
 * `@Transform` is responsible for, it is trusted with.
 */
export function findChanged(instance: object): InvalidProperty[] {
  const found: InvalidProperty[] = [];
  checkObject(instance, [], found);
  return found;
}

function checkObject(instance: object, parents: Path, found: InvalidProperty[]): void {
  const type = classOf(instance);
  if (!hasModel(type)) return;
  checkSymbols(instance, parents, found);
  if (Object.hasOwn(instance, '__proto__')) found.push(proto([...parents, '__proto__']));
  for (const { property, expected } of findLostAccessors(instance, type)) {
    const value = (instance as Record<string, unknown>)[property];
    found.push(invalid([...parents, property], value, expected));
  }
  for (const property of modelOf(type).properties.values()) {
    checkProperty(instance, type, property, parents, found);
  }
}

/** The same for one property of an object. */
export function findChangedProperty(
  instance: object,
  type: Type<object>,
  property: PropertyModel,
): InvalidProperty[] {
  const found: InvalidProperty[] = [];
  checkProperty(instance, type, property, [], found);
  return found;
}

function checkProperty(
  instance: object,
  type: Type<object>,
  property: PropertyModel,
  parents: Path,
  found: InvalidProperty[],
): void {
  const { property: key } = property;
  const value = (instance as Record<string, unknown>)[key];
  if (property.sentAs === undefined || value === null) return;
  if (value === undefined) {
    if (hasDefault(type, key)) {
      found.push(invalid([...parents, key], value, 'a value, as its class gives it one without'));
    }
    return;
  }
  if (property.toPlain.length > 0) return;
  const limit = exceededLength(property.rules, value);
  if (limit !== undefined) {
    found.push(invalid([...parents, key], value, `no longer than ${limit} code points`));
  }
  if (property.toClass.length > 0) return;
  const path = [...parents, key];
  const isOwn = Object.hasOwn(instance, key);
  const hasSetter = inheritedMember(instance, key)?.set !== undefined;
  // What is computed of others is not read.
  if (!isOwn && !hasSetter) return;
  if (modelOf(type).byWireName.get(property.sentAs)?.property !== key) {
    found.push(invalid(path, value, `left out, as nobody reads it from '${property.sentAs}'`));
  } else if (isOwn && hasSetter) {
    found.push(invalid(path, value, 'one that its setter takes'));
  } else checkShape(property, value, path, found);
}

function checkShape(
  property: PropertyModel,
  value: unknown,
  path: Path,
  found: InvalidProperty[],
): void {
  const mayHoldLists = holdsLists(property);
  const check = (item: unknown, at: Path): void => {
    if (Array.isArray(item) && mayHoldLists && at.length === path.length + 1) {
      checkList(item, at, check, found);
    } else checkOne(property, item, at, found);
  };
  const undeclared = undeclaredCollection(property, value);
  if (undeclared !== undefined) {
    found.push(invalid(path, value, undeclared));
    return;
  }
  switch (property.shape) {
    case 'single':
      check(value, path);
      return;
    case 'any':
      if (Array.isArray(value)) checkList(value, path, check, found);
      else check(value, path);
      return;
    case 'list':
      if (Array.isArray(value)) checkList(value, path, check, found);
      else found.push(invalid(path, value, 'a list'));
      return;
    case 'set':
      if (value instanceof Set && isExactly(value, Set)) checkList([...value], path, check, found);
      else found.push(invalid(path, value, 'a Set'));
      return;
    case 'map':
      if (!(value instanceof Map && isExactly(value, Map)))
        found.push(invalid(path, value, 'a Map'));
      else {
        checkEntries([...(value as Map<unknown, unknown>)], path, check, found);
      }
  }
}

function checkOne(
  property: PropertyModel,
  value: unknown,
  path: Path,
  found: InvalidProperty[],
): void {
  if (value === null) return;
  if (value === undefined) {
    found.push(invalid(path, value, 'a value (null, if there is none)'));
    return;
  }
  if (isEnumName(property.rules, value)) {
    found.push(invalid(path, value, "one of the enum's values, no name of one"));
    return;
  }
  const classes = property.discriminator
    ? property.discriminator.subTypes.map((subType): unknown => subType.value)
    : [typeFor(property)];
  const [type] = classes;
  const isAllowed = isNonFinite(value) && allowsNonFinite(property.rules, value);
  if (type === undefined || type === Object) {
    if (!isAllowed) checkFree(value, path, found);
    return;
  }
  const kind = kindOf(type);
  if (kind) {
    if (!kind.is(value)) found.push(invalid(path, value, kind.name));
    else if (!isAllowed && kind.isNonFinite?.(value)) found.push(nonFinite(path, value));
    return;
  }
  const names = classes.map((each) => (each as { readonly name: string }).name).join(' or ');
  if (classes.some((each) => !isModelled(each))) {
    found.push(
      invalid(
        path,
        value,
        `something that can be read again: no ${names} can, without a @Transform`,
      ),
    );
  } else if (typeof value !== 'object' || !classes.includes(classOf(value))) {
    found.push(invalid(path, value, `an object of the class ${names}`));
  } else {
    checkObject(value, path, found);
    checkLabel(property, value, path, found);
  }
}

/** What a collection must be where the class says that it is none, or does not say that it is one. */
function undeclaredCollection(property: PropertyModel, value: unknown): string | undefined {
  const { shape } = property;
  for (const [type, isDeclared] of [
    [Set, shape === 'set'],
    [Map, shape === 'map'],
  ] as const) {
    if (value instanceof type && !isDeclared && !isForNoJson(value)) {
      return `declared as a ${type.name} to hold one (@IsInstance(${type.name}) does)`;
    }
  }
  if (!Array.isArray(value) || shape !== 'single') return undefined;
  const type = typeFor(property);
  const mayBeList = type === undefined || type === Object || kindOf(type)?.isList;
  return mayBeList ? undefined : 'declared as a list to hold one (@IsArray() does)';
}

/** The property that says of which class an object is must not say another one. */
function checkLabel(
  { discriminator }: PropertyModel,
  value: object,
  path: Path,
  found: InvalidProperty[],
): void {
  const subType = discriminator?.subTypes.find((each) => each.value === classOf(value));
  if (discriminator?.subTypes.find((each) => each.name === subType?.name) !== subType) {
    const expected = `of a class whose discriminator name '${subType?.name}' no other class has`;
    found.push(invalid(path, value, expected));
    return;
  }
  const tag = discriminator && subType && keptTag(discriminator, subType.value);
  if (tag === undefined) return;
  const given = (value as Record<string, unknown>)[tag];
  if (given === subType?.name) return;
  const expected = `'${subType?.name}', as its class is ${subType?.value.name}`;
  found.push(invalid([...path, tag], given, expected));
}
