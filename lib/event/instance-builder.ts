import { types } from 'node:util';
import type { Type } from '@nestjs/common';
import { TransformationType } from 'class-transformer';
import {
  isBag,
  isModelled,
  keptTag,
  modelOf,
  type ClassModel,
  type PropertyModel,
} from './class-model.js';
import { makeEmpty } from './empty-instance.js';
import {
  classOf,
  inheritedMember,
  isComputed,
  isPlain,
  setOwn,
  symbolsOf,
} from './own-properties.js';
import { mayHoldLists } from './property-type.js';
import { reasonOf } from './reason.js';
import { kindOf, NotCastable } from './value-kinds.js';

/** Whose names a plain object's keys are: those of the wire, or the class's own. */
export type Names = 'received' | 'fired';

/**
 * Makes instances of plain objects: what stands for a value of the declared type becomes it, and the
 * rest stays as it is. Changes nothing that it is given.
 */
export class InstanceBuilder {
  /** Properties that stay as they were given, `Order.placedAt`, and why. */
  readonly kept = new Map<string, string>();
  /** What was left out, as a class has a method of that name. */
  readonly shadowed = new Set<string>();
  /** Classes whose constructor threw, so that instances were made without it, and what it threw. */
  readonly unmade = new Map<string, string>();
  /** What else is worth knowing, by property: `has no offset and is read as UTC`. */
  readonly remarks = new Map<string, string>();

  /** @param names `fired`: a property's own name, or else its name on the wire. `received`: the reverse. */
  constructor(private readonly names: Names) {}

  /** @throws what a `@Transform` of a fired event throws. */
  build<T extends object>(type: Type<T>, plain: object): T {
    const model = modelOf(type);
    const made = makeEmpty(type);
    const { instance } = made;
    if ('failure' in made) this.unmade.set(type.name, reasonOf(made.failure));
    for (const [key, value] of Object.entries(plain)) {
      if (key === '__proto__' || value === undefined) continue;
      const property = this.propertyOf(model, key, plain);
      if (property === undefined) this.setUnknown(model, instance, key, value);
      else if (property !== null && !isComputed(instance, property.property)) {
        this.assign(instance, property, this.cast(property, value, plain, instance, type.name));
      }
    }
    for (const symbol of symbolsOf(plain)) {
      // Fired, it is there to be refused.
      Reflect.set(instance, symbol, (plain as Record<symbol, unknown>)[symbol]);
    }
    for (const property of model.computedOnReading) {
      if (has(plain, property.readFrom ?? '') || isComputed(instance, property.property)) continue;
      const value = this.transform(property, undefined, plain, `${type.name}.${property.property}`);
      if (value !== undefined) this.assign(instance, property, value);
    }
    return instance;
  }

  /** Undefined for a key that no decorator is about; null for one whose value is not read. */
  private propertyOf(
    { properties, byWireName, isClosed }: ClassModel,
    key: string,
    plain: object,
  ): PropertyModel | undefined | null {
    const own = properties.get(key);
    if (this.names === 'fired') {
      if (own) return own;
      const renamed = byWireName.get(key);
      return renamed && !has(plain, renamed.property) ? renamed : undefined;
    }
    const read = byWireName.get(key);
    if (read) return read;
    if (!own) return isClosed ? null : undefined;
    // An event that was stored before the property was renamed on the wire.
    return own.readFrom !== undefined && !has(plain, own.readFrom) ? own : null;
  }

  private assign(instance: object, { property: name }: PropertyModel, value: unknown): void {
    const member = inheritedMember(instance, name);
    if (member?.set) this.setBySetter(instance, name, value);
    else setOwn(instance, name, value);
  }

  /** What a setter refuses is there all the same: fired, it is refused; received, it is noted. */
  private setBySetter(instance: object, name: string, value: unknown): void {
    try {
      Reflect.set(instance, name, value);
    } catch (error) {
      const owner = classOf(instance) as { readonly name: string };
      this.kept.set(`${owner.name}.${name}`, `its setter: ${reasonOf(error)}`);
      setOwn(instance, name, value);
    }
  }

  private setUnknown(model: ClassModel, instance: object, key: string, value: unknown): void {
    const member = inheritedMember(instance, key);
    const isOfObject = member !== undefined && key in Object.prototype;
    if (member?.set && !isOfObject) this.setBySetter(instance, key, value);
    // Fired, it is there to be refused.
    else if (!member || isOfObject || this.names === 'fired') setOwn(instance, key, value);
    else if (typeof member.value === 'function') {
      this.shadowed.add(key);
    }
  }

  private cast(
    property: PropertyModel,
    value: unknown,
    plain: object,
    instance: object,
    owner: string,
  ): unknown {
    const name = `${owner}.${property.property}`;
    const isTransformed = property.toClass.length > 0;
    let result = value;
    // As in class-transformer, a @Transform is given what came, unless a @Type says otherwise.
    if (!isTransformed || property.isExplicit) {
      try {
        result = this.castShape(property, value, name, () =>
          property.typeOf({ newObject: instance, object: plain, property: property.property }),
        );
      } catch (error) {
        if (!isTransformed) this.kept.set(name, reasonOf(error));
      }
    }
    return isTransformed ? this.transform(property, result, plain, name) : result;
  }

  private transform(property: PropertyModel, value: unknown, plain: object, name: string): unknown {
    try {
      const result = property.toClass.reduce<unknown>((before, transform) => {
        const { PLAIN_TO_CLASS: type } = TransformationType;
        const about = { key: property.property, obj: plain, type, options: {} };
        return transform({ value: before, ...about });
      }, value);
      if (isNothing(result) && !isNothing(value))
        throw new NotCastable('@Transform made nothing of it');
      return result;
    } catch (error) {
      if (this.names === 'fired') throw error;
      this.kept.set(name, reasonOf(error));
      return value;
    }
  }

  private castShape(
    property: PropertyModel,
    value: unknown,
    name: string,
    typeOf: () => unknown,
  ): unknown {
    if (value === null) return value;
    const each = (item: unknown): unknown => this.castItem(property, item, name, typeOf);
    // A list in a list has the same items, unless each item is a list itself.
    const list = (items: readonly unknown[]): unknown[] =>
      kindOf(typeOf())?.isList ? items.map(each) : castList(items, each);
    const eachOrList = (item: unknown): unknown =>
      Array.isArray(item) && mayHoldLists(property) ? list(item) : each(item);
    switch (property.shape) {
      case 'single':
        return this.castOne(property, value, name, typeOf);
      case 'any':
        return Array.isArray(value) ? list(value) : each(value);
      case 'list':
        return Array.isArray(value) ? list(value) : fail('no list');
      case 'set':
        if (value instanceof Set) return new Set([...value].map(each));
        return Array.isArray(value) ? new Set(list(value)) : fail('no list');
      case 'map':
        if (value instanceof Map) {
          return new Map(
            [...value].map(([key, item]: [unknown, unknown]) => [key, eachOrList(item)]),
          );
        }
        if (!isPlain(value)) return fail('no object');
        return new Map(Object.entries(value).map(([key, item]) => [key, eachOrList(item)]));
    }
  }

  /** One value of several: it stays as it is, where it can't be cast, and the others are cast. */
  private castItem(
    property: PropertyModel,
    item: unknown,
    name: string,
    typeOf: () => unknown,
  ): unknown {
    try {
      return this.castOne(property, item, name, typeOf);
    } catch (error) {
      // The first that fails counts.
      if (!this.kept.has(name)) this.kept.set(name, reasonOf(error));
      return item;
    }
  }

  private castOne(
    property: PropertyModel,
    value: unknown,
    name: string,
    typeOf: () => unknown,
  ): unknown {
    if (value === null || value === undefined) return value;
    const { discriminator } = property;
    if (discriminator) {
      if (discriminator.subTypes.some((each) => value instanceof each.value)) return value;
      const label = isBag(value) ? (value as Record<string, unknown>)[discriminator.property] : '';
      const subType = discriminator.subTypes.find((each) => each.name === label);
      if (!subType) return fail(`its ${discriminator.property} names no class`);
      const isKept = keptTag(discriminator, subType.value) !== undefined;
      const own = isKept ? value : without(value, discriminator.property);
      return this.castTo(subType.value, own, name);
    }
    const type = typeOf();
    return type === undefined ? value : this.castTo(type, value, name);
  }

  private castTo(type: unknown, value: unknown, name: string): unknown {
    const kind = kindOf(type);
    if (kind) {
      if (kind.is(value)) return value;
      return kind.cast(value, (remark) => this.remarks.set(name, remark));
    }
    if (typeof type !== 'function' || type === Object || value instanceof type) return value;
    if (!isModelled(type)) return fail(`no ${type.name}`);
    return isBag(value) ? this.build(type, value) : fail('no object');
  }
}

function castList(items: readonly unknown[], each: (item: unknown) => unknown): unknown[] {
  // Array.from shows the holes of an array.
  return Array.from(items, (item) => (Array.isArray(item) ? castList(item, each) : each(item)));
}

function without(value: object, property: string): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== property));
}

function has(object: object, name: string): boolean {
  return (object as Record<string, unknown>)[name] !== undefined && Object.hasOwn(object, name);
}

function isNothing(value: unknown): boolean {
  return Number.isNaN(types.isDate(value) ? value.getTime() : value);
}

function fail(reason: string): never {
  throw new NotCastable(reason);
}
