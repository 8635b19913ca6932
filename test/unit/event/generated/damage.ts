import { types } from 'node:util';
import fc from 'fast-check';
import { Colour } from './scalars.js';

/** What a TypeScript cast can put where something else is declared. Made anew each time. */
const WRONG: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  half: () => 1.5,
  'an unsafe integer': () => 2 ** 53,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '5n': () => 5n,
  '2n ** 64n': () => 2n ** 64n,
  "''": () => '',
  "'yes'": () => 'yes',
  "'true'": () => 'true',
  "'5'": () => '5',
  "'0x10'": () => '0x10',
  "' 5 '": () => ' 5 ',
  "'1e400'": () => '1e400',
  "'9007199254740993'": () => '9007199254740993',
  'a date as text': () => '2024-01-02T03:04:05.678Z',
  'a date without an offset': () => '2024-01-02',
  'no date': () => '2024-02-30',
  'base64 as text': () => 'AP8=',
  'a URL as text': () => 'https://example.org/',
  'the name of a number': () => 'Some',
  'the name of a text': () => 'Red',
  'an enum value': () => Colour.Strange,
  'a date': () => new Date(0),
  'an invalid date': () => new Date(NaN),
  'a date after 9999': () => new Date(Date.UTC(12_345, 1)),
  'a date before 0': () => new Date(Date.UTC(-5, 1)),
  'an empty list': () => [],
  'a list': () => [1, 'a', null],
  'a list in a list': () => [[1], []],
  'a list with undefined': () => [undefined],
  'a list with a hole': () => new Array<unknown>(2),
  'a list of dates': () => [new Date(0)],
  'a list with more': () => Object.assign([1], { more: 1 }),
  'an empty object': () => ({}),
  'an object': () => ({ a: 1, b: { c: [] } }),
  'an object with undefined': () => ({ a: undefined }),
  'an object with a date': () => ({ at: new Date(0) }),
  'an object with a small bigint': () => ({ n: 5n }),
  'an object with __proto__': () => JSON.parse('{"__proto__": {"a": 1}}') as unknown,
  'an object with constructor': () => ({ constructor: { name: 1 } }),
  'an object without a prototype': () => Object.assign(Object.create(null) as object, { a: 1 }),
  'an empty set': () => new Set(),
  'a set': () => new Set([1, 'a']),
  'an empty map': () => new Map(),
  'a map': () => new Map([['a', 1]]),
  'a map with numbers as keys': () => new Map([[1, 'a']]),
  'a map with __proto__': () => new Map([['__proto__', 1]]),
  'a map with a date': () => new Map([['a', new Date(0)]]),
  bytes: () => Uint8Array.of(1, 2),
  // No Buffer: TypeScript takes it for the Uint8Array that it comes back as.
  floats: () => Float32Array.of(0.1),
  'an array buffer': () => new ArrayBuffer(2),
  'a URL': () => new URL('https://example.org/a'),
  'a boxed text': () => new String('a'),
  'a boxed number': () => new Number(1),
  'a function': () => () => 1,
  'a symbol': () => Symbol('a'),
  'a promise': () => Promise.resolve(1),
  'an error': () => new Error('a'),
  'a regular expression': () => /a/,
  'an object of an unknown class': () =>
    new (class Unknown {
      a = 1;
    })(),
  'an object with toJSON': () => ({ toJSON: () => 'a' }),
  'a date of a class of its own': () => new (class OwnDate extends Date {})(0),
  'a set of a class of its own': () => new (class OwnSet extends Set {})([1]),
  'an object that contains itself': () => {
    const cycle: Record<string, unknown> = {};
    return Object.assign(cycle, { cycle });
  },
};

/** One thing that is wrong with a value: where, and what is there instead. */
export interface Damage {
  /** Counts the places in the value. */
  readonly place: number;
  /** Name of what is put there; `subclass`: an instance of a subclass of what is there. */
  readonly wrong: string;
}

export const damages: fc.Arbitrary<Damage> = fc.record({
  place: fc.nat({ max: 50 }),
  wrong: fc.constantFrom(...Object.keys(WRONG), 'subclass', 'missing', 'extra'),
});

interface Place {
  /** The property of the event that it is in. */
  readonly property: string;
  readonly value: unknown;
  put(value: unknown): void;
  remove?(): void;
  add?(): void;
}

/**
 * Does it to a value.
 *
 * @returns the property of the event that is concerned; undefined where there is nothing to damage.
 */
export function damage(event: object, { place: index, wrong }: Damage): string | undefined {
  const places = placesIn(event);
  const place = places[index % places.length];
  if (wrong === 'extra' && (!place || index % 5 === 0)) {
    Object.assign(event, { extra: 1 });
    return 'extra';
  }
  if (!place) return undefined;
  if (wrong === 'missing') place.remove?.();
  else if (wrong === 'extra') Object.assign(isBag(place.value) ? place.value : event, { extra: 1 });
  else if (wrong === 'subclass') place.put(ofSubclass(place.value));
  else place.put(WRONG[wrong]!());
  return wrong === 'extra' && !isBag(place.value) ? 'extra' : place.property;
}

function placesIn(event: object): Place[] {
  return Object.keys(event).flatMap((key) => {
    const object = event as Record<string, unknown>;
    return placesOf(
      key,
      object[key],
      (value) => (object[key] = value),
      () => Reflect.deleteProperty(object, key),
    );
  });
}

function placesOf(
  property: string,
  value: unknown,
  put: (value: unknown) => unknown,
  remove?: () => unknown,
): Place[] {
  const place: Place = { property, value, put, ...(remove && { remove: () => void remove() }) };
  return [place, ...contentsOf(property, value)];
}

function contentsOf(property: string, value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Map) {
    return [...(value as Map<unknown, unknown>)].flatMap(([key, item]) =>
      placesOf(property, item, (other) => value.set(key, other)),
    );
  }
  if (value instanceof Set) {
    return [...(value as Set<unknown>)].flatMap((item) => {
      const put = (other: unknown) => value.delete(item) && value.add(other);
      return placesOf(property, item, put);
    });
  }
  if (!isBag(value) && !Array.isArray(value)) return [];
  const object = value as Record<string, unknown>;
  return Object.keys(object).flatMap((key) => {
    const remove = Array.isArray(value) ? undefined : () => Reflect.deleteProperty(object, key);
    return placesOf(property, object[key], (other) => (object[key] = other), remove);
  });
}

function isBag(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !types.isDate(value) &&
    ![Map, Set, URL].some((type) => value instanceof type)
  );
}

function ofSubclass(value: unknown): unknown {
  if (!isBag(value)) return value;
  const prototype = Object.getPrototypeOf(value) as { constructor: new () => object };
  class Subclass extends prototype.constructor {}
  return Object.assign(new Subclass(), value);
}
