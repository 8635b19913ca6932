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

/** The addresses in a value, in their places; what has none is nothing. */
function urlsOf(value: unknown, above: readonly unknown[] = []): unknown {
  if (value instanceof URL) return value.href;
  if (typeof value !== 'object' || value === null || isOpaque(value)) return null;
  if (above.includes(value)) return null;
  const each = (item: unknown) => urlsOf(item, [...above, value]);
  if (value instanceof Set) return new Set([...value].map(each));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, each(item)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item)]));
}

/** A deep copy of the same classes, to tell later whether the original was changed. */
export function snapshot<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  const made = emptyCopy(value);
  copies.set(value, made);
  if (isOpaque(value)) return made;
  const each = (item: unknown) => copy(item, copies);
  if (value instanceof Set) value.forEach((item) => (made as Set<unknown>).add(each(item)));
  if (value instanceof Map) {
    value.forEach((item, key) => (made as Map<unknown, unknown>).set(key, each(item)));
  }
  for (const [key, item] of Object.entries(value)) {
    const flags = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(made, key, { value: each(item), ...flags });
  }
  return made;
}

function emptyCopy(value: object): unknown {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const alike = (made: object) => Object.setPrototypeOf(made, prototype) as object;
  // An invalid date equals only itself.
  if (types.isDate(value)) return Number.isNaN(+value) ? value : alike(new Date(value));
  if (value instanceof URL) return new URL(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (types.isTypedArray(value)) return value.slice();
  if (value instanceof DataView) return new DataView(value.buffer.slice(0));
  if (types.isArrayBuffer(value)) return value.slice();
  if (value instanceof Set) return alike(new Set());
  if (value instanceof Map) return alike(new Map());
  if (Array.isArray(value)) return alike(new Array(value.length));
  return isOpaque(value) ? value : Object.create(prototype);
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
  else if (value instanceof BigInt64Array) value.fill(1n);
  else if (types.isTypedArray(value)) (value as Uint8Array).fill(1);
  else if (value instanceof DataView) spoil(new Uint8Array(value.buffer));
  else if (value instanceof Set || value instanceof Map) {
    value.forEach(spoil);
    value.clear();
  } else {
    Object.values(value).forEach(spoil);
    for (const key of Object.keys(value)) Object.assign(value, { [key]: 'spoiled' });
    Object.assign(value, { added: 'spoiled' });
  }
}

/** Whether a value is more than its properties and items. */
function isOpaque(value: object): boolean {
  return (
    types.isDate(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    value instanceof URL
  );
}

/**
 * The same as far as JSON may tell: without properties that are `undefined`, which are not sent, and objects
 * without a prototype are plain ones.
 */
export function asSent(value: unknown): unknown {
  const made = { value: snapshot(value) };
  simplify(made, []);
  return made.value;
}

function simplify(value: unknown, above: readonly unknown[]): void {
  if (typeof value !== 'object' || value === null || above.includes(value)) return;
  if (Object.getPrototypeOf(value) === null) Object.setPrototypeOf(value, Object.prototype);
  if (isOpaque(value)) return;
  const inside = [...above, value];
  if (value instanceof Set || value instanceof Map) value.forEach((each) => simplify(each, inside));
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined && !Array.isArray(value)) Reflect.deleteProperty(value, key);
    else simplify(each, inside);
  }
}
