import type { Type } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { modelOf } from './class-model.js';
import { CastNotes } from './compiled/cast-notes.js';
import { buildInstance } from './compiled/cast.js';
import { toPlain } from './compiled/writer.js';
import { brokenSetters, makeEmpty } from './empty-instance.js';
import { inheritedMember } from './own-properties.js';

/** An accessor whose value would not come back, and what it should be instead, for `must be …`. */
export interface LostAccessor {
  readonly property: string;
  readonly expected: string;
}

/** Accessors of an instance that are sent, and whose values nobody could read again. */
export function findLostAccessors(instance: object, type: Type<object>): LostAccessor[] {
  const broken = brokenSetters(type);
  const getters = modelOf(type)
    .computed.map(({ property }) => property)
    .filter((name) => isGetterOnly(instance, name));
  return [
    ...broken.map((property) => ({ property, expected: `a field, as ${needsConstructor(type)}` })),
    ...(getters.length === 0 ? [] : lost(getters, instance, type)).map((property) => ({
      property,
      expected: 'made of properties that are sent, or have a setter',
    })),
  ];
}

/** Why a setter can't be used by readers, in words. */
export function needsConstructor(type: Type<object>): string {
  return `readers can't make a ${type.name} by its constructor, and its setter needs #private fields`;
}

/** On the instance that readers make, these tell what they tell of an empty one. */
function lost(getters: readonly string[], instance: object, type: Type<object>): string[] {
  const empty = makeEmpty(type).instance;
  const copy = buildInstance(type, toPlain(instance), 'received', new CastNotes());
  return getters.filter((name) => {
    const [given, back, none] = [instance, copy, empty].map((each) => valueOf(each, name));
    return isDeepStrictEqual(back, none) && !isDeepStrictEqual(back, given);
  });
}

function isGetterOnly(instance: object, name: string): boolean {
  const member = inheritedMember(instance, name);
  return member?.get !== undefined && !member.set && !Object.hasOwn(instance, name);
}

function valueOf(instance: object, name: string): unknown {
  try {
    return (instance as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
