import type { Type } from '@nestjs/common';
import { findLostAccessors } from '../accessors.js';
import { isModelled, modelOf, type PropertyModel } from '../class-model.js';
import { hasDefault } from '../empty-instance.js';
import { classOf, inheritedMember, symbolsOf } from '../own-properties.js';
import { limitsOf, isEnumName } from '../rule-gaps.js';
import { findChangedProperty } from '../round-trip.js';
import { holdsLists, typeFor, type Shape } from '../property-type.js';
import { kindOf } from '../value-kinds.js';
import { perClass, perType } from './per-class.js';

/** Whether a value comes back as it is for sure, where it is neither null nor undefined. */
type Accepts = (value: unknown) => boolean;

interface SentProperty {
  readonly model: PropertyModel;
  readonly accepts: Accepts;
}

interface SentClass {
  readonly properties: readonly SentProperty[];
  readonly hasAccessors: boolean;
}

/** Whether `findChanged` would find nothing in an object of a class. */
export function comesBack(object: object, type: Type<object>): boolean {
  const { properties, hasAccessors } = sentOf(type);
  if (Object.getPrototypeOf(object) !== type.prototype || symbolsOf(object).length > 0)
    return false;
  if (Object.hasOwn(object, '__proto__')) return false;
  if (hasAccessors && findLostAccessors(object, type).length > 0) return false;
  for (const { model, accepts } of properties) {
    const value = (object as Record<string, unknown>)[model.property];
    if (value === null || (value !== undefined && accepts(value))) continue;
    if (value === undefined && !hasDefault(type, model.property)) continue;
    if (findChangedProperty(object, type, model).length > 0) return false;
  }
  return true;
}

const sentOf = perClass((type): SentClass => {
  const model = modelOf(type);
  const sample = Object.create(type.prototype as object) as object;
  const sent = [...model.properties.values()].filter(({ sentAs }) => sentAs !== undefined);
  return {
    hasAccessors: model.computed.length > 0,
    properties: sent.map((property) => {
      const isPlain =
        inheritedMember(sample, property.property) === undefined &&
        model.byWireName.get(property.sentAs ?? '') === property &&
        property.discriminator === undefined;
      return { model: property, accepts: isPlain ? acceptanceOf(property) : never };
    }),
  };
});

const always = () => true;
const never = () => false;

function acceptanceOf(property: PropertyModel): Accepts {
  const { rules, toPlain, toClass, shape } = property;
  // What a @Transform is responsible for, it is trusted with.
  if (toPlain.length > 0) return always;
  const longest = Math.min(...limitsOf(rules));
  if (toClass.length > 0) return longest === Infinity ? always : never;
  const item = acceptanceOfItem(property, longest);
  const itemOrNull = (value: unknown) => value === null || item(value);
  const mayHoldLists = holdsLists(property);
  const inside = (value: unknown): boolean => isPlainList(value) && allOf(value, itemOrNull);
  const itemOrList = (value: unknown): boolean =>
    itemOrNull(value) || (mayHoldLists && inside(value));
  const list = (value: unknown): boolean => isPlainList(value) && allOf(value, itemOrList);
  const byShape: Readonly<Record<Shape, Accepts>> = {
    single: item,
    any: (value) => (Array.isArray(value) ? list(value) : item(value)),
    list,
    set: (value) => isExactly(value, Set) && allOf([...value], itemOrList),
    map: (value) =>
      isExactly(value, Map) && [...value].every(([key, one]) => isName(key) && itemOrList(one)),
  };
  return byShape[shape];
}

/** One value of a property; never undefined, which lists must not hold. */
function acceptanceOfItem(property: PropertyModel, longest: number): Accepts {
  const { rules } = property;
  const isOfEnum = rules.some(({ name }) => name === 'isEnum');
  const ofType = perType(acceptanceOfType);
  return (value) => {
    if (typeof value === 'string') {
      if (value.length > longest || (isOfEnum && isEnumName(rules, value))) return false;
    }
    return ofType(typeFor(property))(value);
  };
}

function acceptanceOfType(type: unknown): Accepts {
  if (type === undefined || type === Object) return isJsonScalar;
  const kind = kindOf(type);
  if (kind) {
    const { isNonFinite } = kind;
    return isNonFinite
      ? (value) => kind.is(value) && !isNonFinite(value)
      : (value) => kind.is(value);
  }
  if (!isModelled(type)) return never;
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    classOf(value) === type &&
    comesBack(value, type);
}

function isJsonScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** A list without properties beside its items, whatever these are. */
function isPlainList(value: unknown): value is unknown[] {
  return (
    Array.isArray(value) &&
    Object.getPrototypeOf(value) === Array.prototype &&
    // Its length is one.
    Reflect.ownKeys(value).length <= value.length + 1
  );
}

// Not `every`, which leaves the holes of an array out.
function allOf(items: readonly unknown[], accepts: Accepts): boolean {
  for (let i = 0; i < items.length; i++) {
    if (!accepts(items[i])) return false;
  }
  return true;
}

function isExactly<T extends Set<unknown> | Map<unknown, unknown>>(
  value: unknown,
  type: { new (): T; readonly prototype: T },
): value is T {
  return value instanceof type && Object.getPrototypeOf(value) === type.prototype;
}

function isName(key: unknown): boolean {
  return typeof key === 'string' && key !== '__proto__';
}
