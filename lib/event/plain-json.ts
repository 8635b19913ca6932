import { types } from 'node:util';
import type { InvalidProperty } from '../fire-errors.js';
import { nonFinite } from './finite-numbers.js';
import { classOf, isExactly, isPlain, symbolsOf } from './own-properties.js';
import { isLargeInteger, isNonFinite } from './value-kinds.js';

/** Where a value is: names and indexes, from the event on. */
export type Path = readonly string[];

/** Where no type is declared, only what JSON itself knows comes back. */
export function checkFree(value: unknown, path: Path, found: InvalidProperty[]): void {
  if (typeof value === 'bigint' && !isLargeInteger(value)) {
    found.push(invalid(path, value, `a number, ${UNDECLARED}`));
  }
  if (isNonFinite(value)) found.push(nonFinite(path, value));
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

/** Whether no JSON can carry a value: then the serializer refuses it, and says why. */
export function isForNoJson(value: object): boolean {
  if (types.isPromise(value)) return true;
  if (types.isDate(value)) return Number.isNaN(value.getTime());
  return value instanceof Map && [...value.keys()].some((key) => typeof key !== 'string');
}

const UNDECLARED = 'as nothing says its type (@Type(() => ...) does)';

/** A finding: what a value must be for it to come back. */
export function invalid(path: Path, value: unknown, expected: string): InvalidProperty {
  const isItem = /^\d+$/.test(path.at(-1) ?? '');
  const what = isItem ? `item ${path.at(-1)} of ${path.at(-2)}` : path.at(-1);
  return { path: path.join('.'), value, constraints: { roundTrip: `${what} must be ${expected}` } };
}

/** A finding: nobody reads that name, as it could change the prototype of what it is copied to. */
export function proto(path: Path, value?: unknown): InvalidProperty {
  return invalid(path, value, 'under another name');
}

/** Nothing that is sent can name a symbol. */
export function checkSymbols(object: object, path: Path, found: InvalidProperty[]): void {
  for (const symbol of symbolsOf(object)) {
    const value = (object as Record<symbol, unknown>)[symbol];
    found.push(invalid([...path, String(symbol)], value, 'under a name that is a text'));
  }
}

/** Items of a list, each checked by `check`. */
export function checkList(
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

/** Items of an object or a map, each checked by `check`. */
export function checkEntries(
  entries: readonly (readonly [unknown, unknown])[],
  path: Path,
  check: (item: unknown, at: Path) => void,
  found: InvalidProperty[],
): void {
  for (const [key, item] of entries) {
    const at = [...path, String(key)];
    if (key === '__proto__') found.push(proto(at, item));
    else check(item, at);
  }
}
