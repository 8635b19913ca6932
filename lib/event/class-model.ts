import type { Type } from '@nestjs/common';
import { isDateClass } from './date-classes.js';
import { defaultMetadataStorage as storage, TransformationType } from './libraries.js';
import { classOf, inheritedMember, isPlain } from './own-properties.js';
import {
  propertyType,
  rulesOf,
  type Discriminator,
  type PropertyType,
  type Rule,
} from './property-type.js';

/** One property of a class, as decorators and TypeScript describe it. */
export interface PropertyModel extends PropertyType {
  readonly property: string;
  /** Its name on the wire; undefined where it is not sent. */
  readonly sentAs: string | undefined;
  /** The name that it is read from; undefined where it is not read. */
  readonly readFrom: string | undefined;
  readonly rules: readonly Rule[];
  /** The functions of `@Transform` that make what is sent of the value. */
  readonly toPlain: readonly TransformFunction[];
  /** The functions of `@Transform` that make the value of what was received. */
  readonly toClass: readonly TransformFunction[];
}

type TransformFunction = ReturnType<typeof storage.findTransformMetadatas>[number]['transformFn'];

/** How the instances of a class are written and read. */
export interface ClassModel {
  readonly type: Type<object>;
  /** All that is known of; an instance may have others, unless {@link isClosed}. */
  readonly properties: ReadonlyMap<string, PropertyModel>;
  /** The same, by the name that they are read from. */
  readonly byWireName: ReadonlyMap<string, PropertyModel>;
  /** Getters and methods that are sent, which are no own properties of an instance. */
  readonly computed: readonly PropertyModel[];
  /** Properties that a `@Transform` makes of others: exposed, whether or not they were received. */
  readonly computedOnReading: readonly PropertyModel[];
  /** Whether `@Exclude()` is on the class: only what is exposed is sent and read. */
  readonly isClosed: boolean;
}

const MODELS = new WeakMap<Type<object>, ClassModel>();

/** What the decorators of class-transformer and class-validator, and TypeScript, say of a class. */
export function modelOf(type: Type<object>): ClassModel {
  let model = MODELS.get(type);
  if (!model) {
    model = makeModel(type);
    MODELS.set(type, model);
  }
  return model;
}

/**
 * Whether instances of a class are written and read by their properties. Built-in classes are not, nor
 * what extends one, nor classes that say with `toJSON` how they are written.
 */
export function isModelled(type: unknown): type is Type<object> {
  return hasModel(type) && typeof Reflect.get(type.prototype as object, 'toJSON') !== 'function';
}

/** Classes of which {@link hasModel} is known to be true. A fake clock makes others built-in, or not. */
const HAVE_MODELS = new WeakSet();

/** Whether a class is neither built-in nor extends one. An event class is modelled then, also with `toJSON`. */
export function hasModel(type: unknown): type is Type<object> {
  if (typeof type !== 'function') return false;
  if (HAVE_MODELS.has(type)) return true;
  const isModel = extendsNoBuiltIn(type);
  if (isModel) HAVE_MODELS.add(type);
  return isModel;
}

function extendsNoBuiltIn(type: { readonly prototype: unknown }): boolean {
  if (typeof type.prototype !== 'object') return false;
  let prototype = type.prototype;
  for (; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype) as object) {
    if (prototype === null || isBuiltIn(prototype.constructor)) return false;
    if (isDateClass(prototype.constructor)) return false;
  }
  return type !== Object;
}

/** Whether a value is an object that properties can be taken from: no list, no built-in one. */
export function isBag(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return isPlain(value) || isModelled(classOf(value));
}

// By identity: a class of an application may be called `Event`, too.
function isBuiltIn(type: unknown): boolean {
  return (
    typeof type === 'function' && type !== Object && Reflect.get(globalThis, type.name) === type
  );
}

/**
 * The property by which an instance says itself which of several classes it is of: where `@Type` keeps
 * the discriminator, or the class declares it. Undefined where its class alone says it.
 */
export function keptTag({ property, keep }: Discriminator, type: Type<object>): string | undefined {
  const declared = modelOf(type).byWireName.get(property)?.property;
  return declared ?? (keep ? property : undefined);
}

function makeModel(type: Type<object>): ClassModel {
  const rules = rulesOf(type);
  const strategy = storage.getStrategy(type);
  const models = propertyNames(type, rules).map((property) =>
    makeProperty(type, property, rules.get(property) ?? [], strategy === 'excludeAll'),
  );
  const read = models.filter(({ readFrom }) => readFrom !== undefined);
  const sample = Object.create(type.prototype as object) as object;
  return {
    type,
    properties: new Map(models.map((model) => [model.property, model])),
    byWireName: new Map(read.map((model) => [model.readFrom ?? '', model])),
    computed: models.filter(
      ({ property, sentAs }) =>
        sentAs !== undefined && inheritedMember(sample, property) !== undefined,
    ),
    computedOnReading: read.filter(
      ({ property, toClass }) =>
        toClass.length > 0 &&
        storage.getExposedProperties(type, TransformationType.PLAIN_TO_CLASS).includes(property),
    ),
    isClosed: strategy === 'excludeAll',
  };
}

/** In the order of their decorators; those of a base class last, as class-validator has them. */
function propertyNames(type: Type<object>, rules: ReadonlyMap<string, Rule[]>): string[] {
  const names = new Set(rules.keys());
  for (const { propertyName } of storage.getExposedMetadatas(type)) names.add(propertyName);
  for (const direction of [TransformationType.CLASS_TO_PLAIN, TransformationType.PLAIN_TO_CLASS]) {
    for (const name of storage.getExcludedProperties(type, direction)) names.add(name);
  }
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    for (const metadata of [storage._typeMetadatas, storage._transformMetadatas]) {
      for (const name of metadata.get(one)?.keys() ?? []) names.add(name);
    }
  }
  return [...names];
}

function makeProperty(
  type: Type<object>,
  property: string,
  rules: readonly Rule[],
  isClosed: boolean,
): PropertyModel {
  const nameIn = (direction: TransformationType): string | undefined => {
    if (storage.getExcludedProperties(type, direction).includes(property)) return undefined;
    if (!storage.getExposedProperties(type, direction).includes(property)) {
      return isClosed ? undefined : property;
    }
    const options = storage
      .getExposedMetadatas(type)
      .filter((metadata) => metadata.propertyName === property)
      .at(-1)?.options;
    // Exposed to groups only: events are sent without groups.
    if (options?.groups && options.groups.length > 0) return undefined;
    return options?.name ?? property;
  };
  return {
    ...propertyType(type, property, rules),
    property,
    rules,
    sentAs: nameIn(TransformationType.CLASS_TO_PLAIN),
    readFrom: nameIn(TransformationType.PLAIN_TO_CLASS),
    toPlain: transforms(type, property, TransformationType.CLASS_TO_PLAIN),
    toClass: transforms(type, property, TransformationType.PLAIN_TO_CLASS),
  };
}

function transforms(
  type: Type<object>,
  property: string,
  direction: TransformationType,
): TransformFunction[] {
  return storage
    .findTransformMetadatas(type, property, direction)
    .filter(({ options }) => !options?.groups?.length)
    .map(({ transformFn }) => transformFn);
}
