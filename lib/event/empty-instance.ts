import type { Type } from '@nestjs/common';
import { types } from 'node:util';
import { modelOf } from './class-model.js';
import { inheritedMember } from './own-properties.js';

/** An instance before it is filled with what was sent. */
export interface EmptyInstance<T extends object> {
  readonly instance: T;
  /** Whether it is not the one that the constructor made: then `#private` fields are missing. */
  readonly isReplica: boolean;
  /** Whether all that it has are values that can be assigned and replaced. */
  readonly isOrdinary: boolean;
  /** What the constructor threw, where it did. */
  readonly failure?: unknown;
}

/**
 * An instance as readers make it, with the values that its class gives to properties, and without them
 * where the constructor needs arguments, or makes something else. It can be filled, also where the
 * constructor freezes what it makes.
 */
export function makeEmpty<T extends object>(type: Type<T>): EmptyInstance<T> {
  try {
    const instance = new type();
    if (Object.getPrototypeOf(instance) !== type.prototype)
      throw new Error('it makes an object of another class');
    const { fault, openness } = constructionOf(type, instance);
    if (fault !== undefined) throw new Error(fault);
    return openness === 'closed' || !Object.isExtensible(instance)
      ? { instance: openCopy(instance), isReplica: true, isOrdinary: false }
      : { instance, isReplica: false, isOrdinary: openness === 'ordinary' };
  } catch (failure) {
    const instance = Object.create(type.prototype as object) as T;
    return { instance, isReplica: true, isOrdinary: true, failure };
  }
}

/** What a class's constructor does, as the first of its instances shows. */
interface Construction {
  /** Why what it makes is no instance of its own for each event. */
  readonly fault: string | undefined;
  readonly openness: Openness;
}

const CONSTRUCTIONS = new WeakMap<Type<object>, Construction>();

function constructionOf(type: Type<object>, made: object): Construction {
  let construction = CONSTRUCTIONS.get(type);
  if (!construction) {
    const fault = new type() === made ? 'it makes the same instance again' : undefined;
    construction = { fault, openness: opennessOf(made) };
    CONSTRUCTIONS.set(type, construction);
  }
  return construction;
}

/** Whether readers give a property a value where none was sent. */
export function hasDefault(type: Type<object>, property: string): boolean {
  return sampleOf(type).defaults.has(property);
}

/** Setters that readers can't use: they need `#private` fields, which only the constructor makes. */
export function brokenSetters(type: Type<object>): readonly string[] {
  return sampleOf(type).brokenSetters;
}

interface Sample {
  readonly defaults: ReadonlySet<string>;
  readonly brokenSetters: readonly string[];
}

const SAMPLES = new WeakMap<Type<object>, Sample>();

function sampleOf(type: Type<object>): Sample {
  let sample = SAMPLES.get(type);
  if (!sample) {
    sample = makeSample(type);
    SAMPLES.set(type, sample);
  }
  return sample;
}

function makeSample(type: Type<object>): Sample {
  const { instance, isReplica } = makeEmpty(type);
  const setters = modelOf(type)
    .computed.map(({ property }) => property)
    .filter((property) => inheritedMember(instance, property)?.set !== undefined);
  const names = [...Object.keys(instance), ...setters];
  return {
    defaults: new Set(names.filter((name) => valueOf(instance, name) !== undefined)),
    brokenSetters: isReplica ? setters.filter((name) => isBroken(instance, name)) : [],
  };
}

function isBroken(replica: object, setter: string): boolean {
  try {
    Reflect.set(replica, setter, undefined);
    return false;
  } catch (error) {
    // What else a setter throws is about the value.
    return error instanceof TypeError && /private|instance of class/.test(error.message);
  }
}

// A getter may need what an instance without values has not.
function valueOf(instance: object, name: string): unknown {
  try {
    return (instance as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Whether it can be filled: not where it is `closed`; by assignments where it is `ordinary`. */
type Openness = 'closed' | 'open' | 'ordinary';

function opennessOf(instance: object): Openness {
  if (!Object.isExtensible(instance)) return 'closed';
  // An assignment would run the traps of a proxy.
  let openness: Openness = types.isProxy(instance) ? 'open' : 'ordinary';
  for (const name of Object.getOwnPropertyNames(instance)) {
    const property = Object.getOwnPropertyDescriptor(instance, name);
    if (!property?.configurable) return 'closed';
    if (!property.writable || !property.enumerable) openness = 'open';
  }
  return openness;
}

function openCopy<T extends object>(instance: T): T {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(instance)).map(
    ([name, descriptor]): [string, PropertyDescriptor] => [
      name,
      { ...descriptor, configurable: true, ...('value' in descriptor && { writable: true }) },
    ],
  );
  const prototype = Object.getPrototypeOf(instance) as object;
  return Object.create(prototype, Object.fromEntries(descriptors)) as T;
}
