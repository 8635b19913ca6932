import type { InvalidProperty } from '../../fire-errors.js';
import { classOf, isPlain, setOwn, symbolsOf } from '../own-properties.js';

/** Values of a payload that JSON can't carry back as they are, of which a schema says nothing either. */
export function findUncarried(payload: object): InvalidProperty[] {
  const found: InvalidProperty[] = [];
  // The payload itself is of the event's class.
  checkEntries(payload, [], found);
  return found;
}

function checkValue(value: unknown, path: readonly string[], found: InvalidProperty[]): void {
  const what = whatIsNoJson(value);
  if (what !== undefined) {
    found.push(uncarried(path, value, what));
  } else if (Array.isArray(value)) {
    if (Object.keys(value).length > value.length) {
      found.push(uncarried(path, value, 'a list with properties beside its items'));
    }
    // Array.from shows the holes of an array.
    Array.from(value as unknown[]).forEach((item, index) => {
      const at = [...path, String(index)];
      if (item === undefined) found.push(uncarried(at, item, 'undefined, in a list'));
      else checkValue(item, at, found);
    });
  } else if (typeof value === 'object' && value !== null) {
    checkEntries(value, path, found);
  }
}

function checkEntries(owner: object, path: readonly string[], found: InvalidProperty[]): void {
  for (const symbol of symbolsOf(owner)) {
    const value = (owner as Record<symbol, unknown>)[symbol];
    found.push(uncarried([...path, String(symbol)], value, 'a value under a symbol'));
  }
  for (const [name, value] of Object.entries(owner)) {
    const at = [...path, name];
    if (name === '__proto__') found.push(uncarried(at, undefined, 'a value under this name'));
    else if (value !== undefined) checkValue(value, at, found);
  }
}

function whatIsNoJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'bigint':
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'object': {
      if (value === null || (Array.isArray(value) && classOf(value) === Array)) return undefined;
      if (isPlain(value)) {
        return 'toJSON' in value && typeof value.toJSON === 'function'
          ? 'an object that writes itself (toJSON)'
          : undefined;
      }
      return `a ${(classOf(value) as { readonly name: string }).name}`;
    }
    default:
      return undefined;
  }
}

function uncarried(path: readonly string[], value: unknown, what: string): InvalidProperty {
  const constraints = {
    roundTrip: `${path.at(-1)} is ${what}, which JSON can't carry back: give a text, a number, a list or a plain object`,
  };
  return { path: path.join('.'), value, constraints };
}

/** What will be read again of plain JSON: a copy, without what is `undefined`. */
export function copyOfJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOfJson) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = {};
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) setOwn(copy, name, copyOfJson(item as unknown));
  }
  return copy as T;
}

/** The value at a path; `undefined` where there is none. */
export function valueAt(owner: unknown, path: readonly string[]): unknown {
  let value = owner;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
