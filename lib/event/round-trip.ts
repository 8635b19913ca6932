import { types } from 'node:util';
import type { InvalidProperty } from '../fire-errors.js';
import { hasDefault, isModelled, keptTag, modelOf, type PropertyModel } from './class-model.js';
import { lostComputed } from './computed-values.js';
import { classOf, isComputed, isExactly, isPlain, symbolsOf } from './own-properties.js';
import { enumValues } from './property-type.js';
import { isLargeInteger, kindOf } from './value-kinds.js';

type Path = readonly string[];

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
  if (!isModelled(type)) return;
  const { properties } = modelOf(type);
  checkSymbols(instance, parents, found);
  const computed: string[] = [];
  for (const [key, property] of properties) {
    const value = (instance as Record<string, unknown>)[key];
    if (property.sentAs === undefined || value === null) continue;
    if (value === undefined) {
      if (hasDefault(type, key)) {
        found.push(invalid([...parents, key], value, 'a value, as its class gives it one without'));
      }
      continue;
    }
    if (property.toClass.length > 0 || property.toPlain.length > 0) continue;
    if (Object.hasOwn(instance, key)) checkShape(property, value, [...parents, key], found);
    else if (isComputed(instance, key)) computed.push(key);
  }
  for (const name of lostComputed(type, instance, computed)) {
    const expected = 'computed of what is sent (private fields are not), or have a setter';
    found.push(invalid([...parents, name], (instance as Record<string, unknown>)[name], expected));
  }
}

function checkSymbols(object: object, parents: Path, found: InvalidProperty[]): void {
  for (const symbol of symbolsOf(object)) {
    const value = (object as Record<symbol, unknown>)[symbol];
    found.push(invalid([...parents, String(symbol)], value, 'under a name that is a text'));
  }
}

function checkShape(
  property: PropertyModel,
  value: unknown,
  path: Path,
  found: InvalidProperty[],
): void {
  const check = (item: unknown, at: Path): void => {
    // A list in a list has the same items, unless each item is a list itself.
    if (Array.isArray(item) && at.length > path.length && !kindOf(typeFor(property))?.isList) {
      checkList(item, at, check, found);
    } else checkOne(property, item, at, found);
  };
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
        const checkItem = (item: unknown, at: Path) => checkOne(property, item, at, found);
        checkEntries([...(value as Map<unknown, unknown>)], path, checkItem, found);
      }
  }
}

function checkList(
  items: readonly unknown[],
  path: Path,
  check: (item: unknown, at: Path) => void,
  found: InvalidProperty[],
): void {
  checkSymbols(items, path, found);
  // One of a match of a regular expression has some.
  if (Object.keys(items).length > items.length || !isExactly(items, Array)) {
    found.push(invalid(path, items, 'a plain list, without properties beside its items'));
  }
  // Array.from shows the holes of an array.
  Array.from(items).forEach((item, index) => {
    check(item, [...path, String(index)]);
  });
}

function checkEntries(
  entries: readonly (readonly [unknown, unknown])[],
  path: Path,
  check: (item: unknown, at: Path) => void,
  found: InvalidProperty[],
): void {
  for (const [key, item] of entries) {
    const at = [...path, String(key)];
    // Nobody reads it, as it could change the prototype of what it is copied to.
    if (key === '__proto__') found.push(invalid(at, item, 'under another name'));
    else check(item, at);
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
  if (isEnumName(property, value)) {
    found.push(invalid(path, value, "one of the enum's values, no name of one"));
    return;
  }
  const classes = property.discriminator
    ? property.discriminator.subTypes.map((subType): unknown => subType.value)
    : [typeFor(property)];
  const [type] = classes;
  if (type === undefined || type === Object) {
    checkFree(value, path, found);
    return;
  }
  const kind = kindOf(type);
  if (kind) {
    if (!kind.is(value)) found.push(invalid(path, value, kind.name));
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

// class-validator takes the name of a numeric enum's member for the member.
function isEnumName({ rules }: PropertyModel, value: unknown): boolean {
  return rules.some(
    ({ name, constraints }) =>
      name === 'isEnum' &&
      typeof value === 'string' &&
      Object.hasOwn(constraints?.[0] as object, value) &&
      !enumValues(constraints?.[0]).includes(value),
  );
}

// The function of a @Type may need an object to tell it from.
function typeFor(property: PropertyModel): unknown {
  try {
    return property.typeOf();
  } catch {
    return undefined;
  }
}

/** Where no type is declared, only what JSON itself knows comes back. */
function checkFree(value: unknown, path: Path, found: InvalidProperty[]): void {
  if (typeof value === 'bigint' && !isLargeInteger(value)) {
    found.push(invalid(path, value, `a number, ${UNDECLARED}`));
  }
  if (typeof value !== 'object' || value === null || isForNoJson(value)) return;
  const check = (item: unknown, at: Path) => {
    if (item === undefined) found.push(invalid(at, item, 'a value (null, if there is none)'));
    else checkFree(item, at, found);
  };
  if (Array.isArray(value)) checkList(value, path, check, found);
  else if (isPlain(value) && !writesItself(value) && !types.isArgumentsObject(value)) {
    checkSymbols(value, path, found);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    checkEntries(entries, path, check, found);
  } else {
    found.push(invalid(path, value, `plain JSON, no ${nameOf(value)}, ${UNDECLARED}`));
  }
}

function nameOf(value: object): string {
  if (types.isArgumentsObject(value)) return 'arguments of a function';
  return isPlain(value) ? 'toJSON()' : (classOf(value) as { readonly name: string }).name;
}

function writesItself(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

// The serializer refuses it, and says why.
function isForNoJson(value: object): boolean {
  if (types.isPromise(value)) return true;
  if (types.isDate(value)) return Number.isNaN(value.getTime());
  return value instanceof Map && [...value.keys()].some((key) => typeof key !== 'string');
}

const UNDECLARED = 'as nothing says its type (@Type(() => ...) does)';

function invalid(path: Path, value: unknown, expected: string): InvalidProperty {
  const isItem = /^\d+$/.test(path.at(-1) ?? '');
  const what = isItem ? `item ${path.at(-1)} of ${path.at(-2)}` : path.at(-1);
  return { path: path.join('.'), value, constraints: { roundTrip: `${what} must be ${expected}` } };
}
