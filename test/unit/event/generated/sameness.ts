import { inspect, isDeepStrictEqual, types } from 'node:util';

/** Equal, of the same classes, and equal where {@link isDeepStrictEqual} doesn't look: URLs. */
export function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) && isDeepStrictEqual(urlsOf(a), urlsOf(b));
}

/** What `inspect` shows of a value, whole. */
export function show(value: unknown): string {
  return inspect(value, {
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
    sorted: true,
    showHidden: false,
  });
}

function urlsOf(value: unknown): unknown {
  if (value instanceof URL) return value.href;
  if (typeof value !== 'object' || value === null || isOpaque(value)) return null;
  if (value instanceof Set) return new Set([...value].map(urlsOf));
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, urlsOf(each)]));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, urlsOf(each)]));
}

/** A deep copy of the same classes, to tell later whether the original was changed. */
export function snapshot<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (value instanceof URL) return new URL(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Set) return new Set([...value].map(copy));
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, copy(each)]));
  const made = (
    Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value) as object)
  ) as object;
  if (Array.isArray(value)) Object.assign(made, { length: value.length });
  for (const key of Object.keys(value)) {
    const each = copy((value as Record<string, unknown>)[key]);
    const descriptor = { value: each, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(made, key, descriptor);
  }
  return made;
}

/** Freezes everything in a value that can be frozen. */
export function deepFreeze<T>(value: T): T {
  freeze(value);
  return value;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (value instanceof Set || value instanceof Map) value.forEach(freeze);
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

/** Changes everything that can be changed, as a careless handler does. */
export function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (types.isDate(value)) value.setTime(1);
  else if (value instanceof URL) value.hash = '#spoiled';
  else if (value instanceof Uint8Array) value.fill(1);
  else if (value instanceof Set || value instanceof Map) {
    value.forEach(spoil);
    value.clear();
  } else {
    Object.values(value).forEach(spoil);
    for (const key of Object.keys(value)) Object.assign(value, { [key]: 'spoiled' });
    Object.assign(value, { added: 'spoiled' });
  }
}

function isOpaque(value: object): boolean {
  return types.isDate(value) || ArrayBuffer.isView(value);
}
