import type { Type } from '@nestjs/common';
import { modelOf, type ClassModel, type PropertyModel } from '../class-model.js';
import { makeEmpty } from '../empty-instance.js';
import { classOf, inheritedMember, isComputed, setOwn, symbolsOf } from '../own-properties.js';
import { reasonOf } from '../reason.js';
import { castOf, transform, type Cast, type Filling, type Names } from './cast-value.js';
import type { CastNotes } from './cast-notes.js';
import { perClass } from './per-class.js';

/** How a property is read. */
interface ReadProperty {
  readonly model: PropertyModel;
  readonly name: string;
  readonly cast: Cast;
  /** `none`: the class computes it. `assignment`: no class has a member of that name. `own`: one has. */
  readonly by: 'none' | 'setter' | 'assignment' | 'own';
}

/** What a key of a plain object stands for: a property, none that is known, or what is not read. */
type Meaning = ReadProperty | 'unknown' | 'unread';

interface Key {
  readonly meaning: Meaning;
  /** The key that it stands in for. Where that one is there, it means {@link Keys.besides}. */
  readonly insteadOf?: string;
}

/** What the keys mean for one sort of names. */
interface Keys {
  readonly known: ReadonlyMap<string, Key>;
  readonly others: Meaning;
  readonly besides: Meaning;
}

/** How instances of a class are made of plain objects. */
interface Reader {
  readonly keys: Readonly<Record<Names, Keys>>;
  readonly computedOnReading: readonly ReadProperty[];
}

/**
 * Makes an instance of a plain object: what stands for a value of the declared type becomes it, and the
 * rest stays as it is. Changes nothing that it is given.
 *
 * @param names `fired`: keys are a property's own name, or else its name on the wire. `received`: the reverse.
 * @param notes is told what could not be cast.
 * @throws what a `@Transform` of a fired event throws.
 */
export function buildInstance<T extends object>(
  type: Type<T>,
  plain: object,
  names: Names,
  notes: CastNotes,
): T {
  const { keys, computedOnReading } = readerOf(type);
  const made = makeEmpty(type);
  const { instance } = made;
  if ('failure' in made) notes.makeWithout(type.name, reasonOf(made.failure));
  const filling: Filling = { type, instance, plain, names, notes };
  // A setter may do anything to the others.
  let isOrdinary = made.isOrdinary;
  for (const key of Object.keys(plain)) {
    const value = (plain as Record<string, unknown>)[key];
    if (key === '__proto__') notes.leaveProto();
    if (key === '__proto__' || value === undefined) continue;
    const property = meaningOf(key, keys[names], plain);
    if (property === 'unread') continue;
    if (property === 'unknown') {
      if (isOrdinary && !(key in instance)) (instance as Record<string, unknown>)[key] = value;
      else isOrdinary = setUnknown(filling, key, value) && isOrdinary;
    } else if (property.by !== 'none') {
      const cast = property.cast(value, filling);
      if (isOrdinary && property.by === 'assignment') {
        (instance as Record<string, unknown>)[property.name] = cast;
      } else isOrdinary = assign(filling, property, cast) && isOrdinary;
    }
  }
  // Fired, they are there to be refused. What was read as JSON has none.
  if (names === 'fired') {
    for (const symbol of symbolsOf(plain)) {
      Reflect.set(instance, symbol, (plain as Record<symbol, unknown>)[symbol]);
    }
  }
  for (const property of computedOnReading) {
    if (property.by === 'none' || has(plain, property.model.readFrom ?? '')) continue;
    const value = transform(property.model, undefined, filling);
    if (value !== undefined) assign(filling, property, value);
  }
  return instance;
}

const readerOf = perClass((type): Reader => {
  const model = modelOf(type);
  const sample = Object.create(type.prototype as object) as object;
  const compiled = new Map(
    [...model.properties.values()].map((property) => [property, compile(property, sample)]),
  );
  const meaning = (property: PropertyModel): Meaning => compiled.get(property) ?? 'unread';
  return {
    keys: { fired: keysOfFired(model, meaning), received: keysOfReceived(model, meaning) },
    computedOnReading: model.computedOnReading.map((property) => compile(property, sample)),
  };
});

function keysOfFired(
  { properties, byWireName }: ClassModel,
  meaning: (property: PropertyModel) => Meaning,
): Keys {
  const renamed = [...byWireName].map(([key, property]): [string, Key] => [
    key,
    { meaning: meaning(property), insteadOf: property.property },
  ]);
  const own = [...properties].map(([key, property]): [string, Key] => [
    key,
    { meaning: meaning(property) },
  ]);
  return { known: new Map([...renamed, ...own]), others: 'unknown', besides: 'unknown' };
}

function keysOfReceived(
  { properties, byWireName, isClosed }: ClassModel,
  meaning: (property: PropertyModel) => Meaning,
): Keys {
  // An event that was stored before the property was renamed on the wire.
  const former = [...properties].map(([key, property]): [string, Key] => [
    key,
    property.readFrom === undefined
      ? { meaning: 'unread' }
      : { meaning: meaning(property), insteadOf: property.readFrom },
  ]);
  const read = [...byWireName].map(([key, property]): [string, Key] => [
    key,
    { meaning: meaning(property) },
  ]);
  return {
    known: new Map([...former, ...read]),
    others: isClosed ? 'unread' : 'unknown',
    besides: 'unread',
  };
}

function meaningOf(key: string, { known, others, besides }: Keys, plain: object): Meaning {
  const found = known.get(key);
  if (found === undefined) return others;
  const { meaning, insteadOf } = found;
  return insteadOf !== undefined && has(plain, insteadOf) ? besides : meaning;
}

function compile(property: PropertyModel, sample: object): ReadProperty {
  const { property: name } = property;
  const build = (type: Type<object>, plain: object, { names, notes }: Filling) =>
    buildInstance(type, plain, names, notes);
  const member = inheritedMember(sample, name);
  const ofMember = isComputed(sample, name) ? 'none' : member?.set ? 'setter' : 'own';
  const by = member === undefined ? 'assignment' : ofMember;
  return { model: property, name, cast: castOf(property, build), by };
}

/** @returns whether no setter ran. */
function assign(filling: Filling, { name, by }: ReadProperty, value: unknown): boolean {
  if (by === 'setter') return setBySetter(filling, name, value);
  setOwn(filling.instance, name, value);
  return true;
}

/** What a setter refuses is there all the same: fired, it is refused; received, it is noted. */
function setBySetter({ instance, notes }: Filling, name: string, value: unknown): false {
  try {
    Reflect.set(instance, name, value);
  } catch (error) {
    const owner = classOf(instance) as { readonly name: string };
    notes.keep(`${owner.name}.${name}`, `its setter: ${reasonOf(error)}`);
    setOwn(instance, name, value);
  }
  return false;
}

/** @returns whether no setter ran. */
function setUnknown(filling: Filling, key: string, value: unknown): boolean {
  const { instance, names, notes } = filling;
  const member = inheritedMember(instance, key);
  const isOfObject = member !== undefined && key in Object.prototype;
  if (member?.set && !isOfObject) return setBySetter(filling, key, value);
  // Fired, it is there to be refused.
  if (!member || isOfObject || names === 'fired') setOwn(instance, key, value);
  else if (typeof member.value === 'function') notes.shadow(key);
  return true;
}

function has(object: object, name: string): boolean {
  return (object as Record<string, unknown>)[name] !== undefined && Object.hasOwn(object, name);
}
