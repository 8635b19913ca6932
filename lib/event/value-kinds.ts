/** The built-in classes whose values JSON can't tell from others: how they are known, and read again. */

import { isDeepStrictEqual } from 'node:util';
import { isDateClass, isPlainDate } from './date-classes.js';
import { readIsoDate } from './iso-date.js';
import { isExactly } from './own-properties.js';

/** Told of what is worth knowing of a value that could be read: `has no offset`. */
export type Remark = (text: string) => void;

/** A value that does not stand for what its place declares. The message is what it is not: `no date`. */
export class NotCastable extends TypeError {}

/** One kind of value. */
export interface ValueKind {
  /** With an article, for `must be …` and `no …`. */
  readonly name: string;
  /** Whether one is written as a list itself. */
  readonly isList?: true;
  /** Whether a value is one, and one that comes back as it is. */
  is(value: unknown): boolean;
  /** Whether one of this kind is, or holds, a number that JSON has not. Left out where none does. */
  readonly isNonFinite?: (value: unknown) => boolean;
  /**
   * What a value from JSON stands for. Nothing is guessed: `''` is no number, and `'yes'` no boolean.
   *
   * @throws NotCastable for what does not stand for a value of this kind.
   */
  cast(value: unknown, remark: Remark): unknown;
}

// As JSON writes numbers: no `0x10`, no `+5`, no `1_000`, no spaces.
const NUMERAL = /^-?(?:0|[1-9]\d*)(?<fraction>\.\d+)?(?<exponent>[eE][+-]?\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d{0,4299})$/;

const STRING: ValueKind = {
  name: 'a string',
  is: (value) => typeof value === 'string',
  cast: () => fail('no string'),
};

const BOOLEAN: ValueKind = {
  name: 'a boolean',
  is: (value) => typeof value === 'boolean',
  cast: (value) => {
    if (value === 'true') return true;
    return value === 'false' ? false : fail('no boolean');
  },
};

const NUMBER: ValueKind = {
  name: 'a number',
  // An integer that no number can hold comes back as the bigint that it was.
  is: (value) => typeof value === 'number' || isLargeInteger(value),
  isNonFinite,
  cast: (value) => {
    const numeral = typeof value === 'string' ? NUMERAL.exec(value) : null;
    if (!numeral) return fail('no number');
    const number = Number(value);
    const isInteger = !numeral.groups?.fraction && !numeral.groups?.exponent;
    if (isInteger && !Number.isSafeInteger(number)) return fail('an integer beyond 2^53');
    return Number.isFinite(number) ? number : fail('no finite number');
  },
};

const BIGINT: ValueKind = {
  name: 'a bigint',
  is: (value) => typeof value === 'bigint',
  cast: (value) => {
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    return typeof value === 'string' && INTEGER.test(value) ? BigInt(value) : fail('no integer');
  },
};

const FIRST_MOMENT = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z');

const DATE: ValueKind = {
  name: 'a date between the years 1 and 9999',
  // Others are no date to JSON Schema, nor to Python.
  is: (value) =>
    isPlainDate(value) && value.getTime() >= FIRST_MOMENT && value.getTime() <= LAST_MOMENT,
  cast: (value, remark) => {
    const read = typeof value === 'string' ? readIsoDate(value) : null;
    if (!read) return fail('no date');
    if (!read.hasOffset) remark('has no offset and is read as UTC');
    return read.date;
  },
};

const URLS: ValueKind = {
  name: 'a URL',
  is: (value) => value instanceof URL && isExactly(value, URL),
  cast: (value) =>
    typeof value === 'string' && URL.canParse(value) ? new URL(value) : fail('no URL'),
};

/** Bytes, which are written as base64. */
function bytes(type: Constructor, make: (buffer: Buffer) => unknown): ValueKind {
  return {
    name: `${article(type.name)} ${type.name}`,
    // TypeScript takes a Buffer for a Uint8Array.
    is: (value) => value instanceof type && (isExactly(value, type) || Buffer.isBuffer(value)),
    cast: (value) => {
      const buffer = Buffer.from(typeof value === 'string' ? value : fail('no base64'), 'base64');
      // Node skips what is no base64; the way back shows it.
      return buffer.toString('base64') === value ? make(buffer) : fail('no base64');
    },
  };
}

/** Other typed arrays, which are written as lists of numbers. */
function numbers(type: Constructor & { from(values: unknown[]): unknown }): ValueKind {
  return {
    name: `${article(type.name)} ${type.name}`,
    isList: true,
    is: (value) => value instanceof type && isExactly(value, type),
    ...(type.name.startsWith('Float') && { isNonFinite: holdsNonFinite }),
    cast: (value) => {
      if (!Array.isArray(value)) return fail(`no ${type.name}`);
      const given = valuesFor(type.name, value);
      const read = type.from(given);
      // Numbers that it can't hold would be changed.
      return isDeepStrictEqual([...(read as Iterable<unknown>)], given)
        ? read
        : fail(`no ${type.name}`);
    },
  };
}

function holdsNonFinite(values: unknown): boolean {
  return [...(values as Iterable<unknown>)].some(isNonFinite);
}

function valuesFor(name: string, values: readonly unknown[]): unknown[] {
  if (name.startsWith('Big')) return values.map((one) => BigInt(one as number));
  // Of integers, there is one zero.
  return name.startsWith('Float') ? [...values] : values.map((one) => (one === 0 ? 0 : one));
}

type Constructor = abstract new (...args: never[]) => object;

const copyOf = (buffer: Buffer) => Uint8Array.from(buffer);

const KINDS: ReadonlyMap<unknown, ValueKind> = new Map<unknown, ValueKind>([
  [String, STRING],
  [Boolean, BOOLEAN],
  [Number, NUMBER],
  [BigInt, BIGINT],
  [Date, DATE],
  [URL, URLS],
  [Buffer, bytes(Buffer, (buffer) => buffer)],
  [Uint8Array, bytes(Uint8Array, copyOf)],
  [ArrayBuffer, bytes(ArrayBuffer, (buffer) => copyOf(buffer).buffer)],
  [DataView, bytes(DataView, (buffer) => new DataView(copyOf(buffer).buffer))],
  ...[
    ...[Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ].map((type): [unknown, ValueKind] => [
    type,
    numbers(type as unknown as Parameters<typeof numbers>[0]),
  ]),
]);

/** How values of a built-in class are read; undefined for other classes. */
export function kindOf(type: unknown): ValueKind | undefined {
  return KINDS.get(type) ?? (isDateClass(type) ? DATE : undefined);
}

/** Whether a value is an integer that JSON readers in JavaScript give as a bigint. */
export function isLargeInteger(value: unknown): boolean {
  return typeof value === 'bigint' && !Number.isSafeInteger(Number(value));
}

/** Whether a value is a number that JSON has not: it travels bare, as Python writes it. */
export function isNonFinite(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function fail(reason: string): never {
  throw new NotCastable(reason);
}

function article(name: string): string {
  return /^[AEIO]/.test(name) ? 'an' : 'a';
}
