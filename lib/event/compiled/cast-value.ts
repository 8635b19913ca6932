import { types } from 'node:util';
import type { Type } from '@nestjs/common';
import { isBag, isModelled, keptTag, type PropertyModel } from '../class-model.js';
import { TransformationType } from '../libraries.js';
import { isPlain } from '../own-properties.js';
import { mayHoldLists, type Discriminator } from '../property-type.js';
import { reasonOf } from '../reason.js';
import { kindOf, NotCastable } from '../value-kinds.js';
import type { CastNotes } from './cast-notes.js';
import { perType } from './per-class.js';

/** Whose names a plain object's keys are: those of the wire, or the class's own. */
export type Names = 'received' | 'fired';

/** An instance that is being filled. */
export interface Filling {
  readonly type: Type<object>;
  readonly instance: object;
  /** What it is filled from. */
  readonly plain: object;
  readonly names: Names;
  readonly notes: CastNotes;
}

/** Makes of a given value what its place holds. */
export type Cast = (value: unknown, filling: Filling) => unknown;

/** Makes an instance of a plain object, for the same reader. */
type Build = (type: Type<object>, plain: object, filling: Filling) => object;

/**
 * How the values of a property are made: what stands for a value of the declared type becomes it, and the rest
 * stays as it is, with a note.
 *
 * @param build for the objects in it.
 */
export function castOf(property: PropertyModel, build: Build): Cast {
  const cast = castShape(property, build);
  if (property.toClass.length === 0) {
    return (value, filling) => {
      try {
        return cast(value, filling);
      } catch (error) {
        filling.notes.keep(nameIn(filling, property), reasonOf(error));
        return value;
      }
    };
  }
  // As in class-transformer, a @Transform is given what came, unless a @Type says otherwise.
  if (!property.isExplicit) return (value, filling) => transform(property, value, filling);
  return (value, filling) => {
    let result = value;
    try {
      result = cast(value, filling);
    } catch {
      // It is given what came.
    }
    return transform(property, result, filling);
  };
}

/**
 * What the functions of `@Transform` make of a value.
 *
 * @throws what one of a fired event throws.
 */
export function transform(property: PropertyModel, value: unknown, filling: Filling): unknown {
  try {
    const result = property.toClass.reduce<unknown>((before, one) => {
      const { PLAIN_TO_CLASS: type } = TransformationType;
      const about = { key: property.property, obj: filling.plain, type, options: {} };
      return one({ value: before, ...about });
    }, value);
    if (isNothing(result) && !isNothing(value)) fail('@Transform made nothing of it');
    return result;
  } catch (error) {
    if (filling.names === 'fired') throw error;
    filling.notes.keep(nameIn(filling, property), reasonOf(error));
    return value;
  }
}

function castShape(property: PropertyModel, build: Build): Cast {
  const one = castOne(property, build);
  // One value of several: it stays as it is, where it can't be cast, and the others are cast.
  const each: Cast = (item, filling) => {
    try {
      return one(item, filling);
    } catch (error) {
      filling.notes.keepItem(nameIn(filling, property), reasonOf(error));
      return item;
    }
  };
  // A list in a list has the same items, unless each item is a list itself.
  const list = (items: readonly unknown[], filling: Filling): unknown[] => {
    const make = (item: unknown) => each(item, filling);
    return kindOf(typeIn(filling, property))?.isList ? items.map(make) : castList(items, make);
  };
  const inMap: Cast = mayHoldLists(property)
    ? (item, filling) => (Array.isArray(item) ? list(item, filling) : each(item, filling))
    : each;
  const byShape: Readonly<Record<PropertyModel['shape'], Cast>> = {
    single: one,
    any: (value, filling) => (Array.isArray(value) ? list(value, filling) : each(value, filling)),
    list: (value, filling) => (Array.isArray(value) ? list(value, filling) : fail('no list')),
    set: (value, filling) => {
      if (value instanceof Set) return new Set([...value].map((item) => each(item, filling)));
      return Array.isArray(value) ? new Set(list(value, filling)) : fail('no list');
    },
    map: (value, filling) => {
      const isMap = value instanceof Map;
      if (!isMap && !isPlain(value)) return fail('no object');
      const entries = isMap ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
      return new Map(entries.map(([key, item]) => [key, inMap(item, filling)]));
    },
  };
  const cast = byShape[property.shape];
  return (value, filling) => (value === null ? null : cast(value, filling));
}

function castOne(property: PropertyModel, build: Build): Cast {
  const castTo = perType((type) => castToType(type, property, build));
  const { discriminator } = property;
  const cast: Cast = discriminator
    ? (value, filling) => castByLabel(discriminator, value, filling, castTo)
    : (value, filling) => castTo(typeIn(filling, property))(value, filling);
  return (value, filling) => (value === null || value === undefined ? value : cast(value, filling));
}

function castByLabel(
  discriminator: Discriminator,
  value: unknown,
  filling: Filling,
  castTo: (type: unknown) => Cast,
): unknown {
  if (discriminator.subTypes.some((each) => value instanceof each.value)) return value;
  const label = isBag(value) ? (value as Record<string, unknown>)[discriminator.property] : '';
  const subType = discriminator.subTypes.find((each) => each.name === label);
  if (!subType) return fail(`its ${discriminator.property} names no class`);
  const isKept = keptTag(discriminator, subType.value) !== undefined;
  const own = isKept ? value : without(value as object, discriminator.property);
  return castTo(subType.value)(own, filling);
}

function castToType(type: unknown, property: PropertyModel, build: Build): Cast {
  const kind = kindOf(type);
  if (kind) {
    return (value, filling) =>
      kind.is(value)
        ? value
        : kind.cast(value, (text) => filling.notes.remark(nameIn(filling, property), text));
  }
  if (typeof type !== 'function' || type === Object) return (value) => value;
  return (value, filling) => {
    if (value instanceof type) return value;
    if (!isModelled(type)) return fail(`no ${type.name}`);
    return isBag(value) ? build(type, value, filling) : fail('no object');
  };
}

function typeIn({ instance, plain }: Filling, property: PropertyModel): unknown {
  return property.typeOf({ newObject: instance, object: plain, property: property.property });
}

function nameIn({ type }: Filling, { property }: PropertyModel): string {
  return `${type.name}.${property}`;
}

function castList(items: readonly unknown[], each: (item: unknown) => unknown): unknown[] {
  const cast: unknown[] = [];
  // The holes of an array, too.
  for (const item of items) cast.push(Array.isArray(item) ? castList(item, each) : each(item));
  return cast;
}

function without(value: object, property: string): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== property));
}

function isNothing(value: unknown): boolean {
  return Number.isNaN(types.isDate(value) ? value.getTime() : value);
}

function fail(reason: string): never {
  throw new NotCastable(reason);
}
