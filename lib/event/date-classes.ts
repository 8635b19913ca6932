/**
 * `Date`, and what a test's fake clock puts in its place: a class of its own, which `@Type(() => Date)`,
 * TypeScript's types and `new Date()` give as long as it is there, and some of it afterwards.
 */

import { types } from 'node:util';

/** Prototypes of all classes that were `Date` whenever somebody asked here. */
const known = new WeakSet<object>([Date.prototype]);

/** Remembers the `Date` of this moment. To be called where classes are declared. */
export function rememberDateClass(): void {
  const { prototype } = globalThis.Date as { readonly prototype?: object };
  if (prototype) known.add(prototype);
}

/** Whether a class is `Date`, or has taken its place. A class that extends it is another one. */
export function isDateClass(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  rememberDateClass();
  return known.has(type.prototype as object);
}

/** Whether a value is a valid date of no other class than `Date`, of this realm or another one. */
export function isPlainDate(value: unknown): value is Date {
  if (!types.isDate(value) || Number.isNaN(value.getTime())) return false;
  rememberDateClass();
  const prototype = Object.getPrototypeOf(value) as object;
  return known.has(prototype) || prototype.constructor.name === 'Date';
}
