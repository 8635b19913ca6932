import { types } from 'node:util';
import { EventSerializationError } from '../fire-errors.js';
import { hasTooManyDigits, MAX_INTEGER_DIGITS } from './json-reader.js';

/** How deep values may be nested: Python reads about a thousand levels, and its workers exit at more. */
const MOST_LEVELS = 500;

// Everything that Python's `ensure_ascii` escapes and JSON.stringify does not.
const NOT_PRINTABLE_ASCII = /[\x7f-\uffff]/;
const ALL_NOT_PRINTABLE_ASCII = /[\x7f-\uffff]/g;

// All but printable ASCII, and of that quote and backslash.
const TO_ESCAPE = /[^ !#-[\]-~]/;

/** Where the writer is: the objects that it is inside of, and the keys that led there. */
interface Trail {
  readonly inside: object[];
  readonly keys: (string | number)[];
  readonly mostLevels: number;
}

/**
 * Writes a value as Python's `json.dumps(value, sort_keys=True)` does, byte for byte: ASCII only,
 * `", "` and `": "` between, keys in the order of their code points, `NaN` and `Infinity` bare.
 *
 * | value | written as |
 * |---|---|
 * | number | an integer up to 2^53 as one (`3`; Python tells `3` and `3.0` apart, JavaScript can't), any other as Python writes that float: `1e+16`, `1e-07`, `-0.0` |
 * | bigint | its digits |
 * | `Date` | `toISOString()` |
 * | `Uint8Array`, `Buffer`, `ArrayBuffer`, `DataView` | base64 |
 * | `Set`, other typed arrays | a list |
 * | `Map` with string keys | an object |
 * | an object with `toJSON` | what that returns |
 * | a property that is `undefined` | left out |
 * | `undefined` elsewhere | `null` |
 *
 * @param name what an error calls the value.
 * @param mostLevels how deep it may be nested.
 * @throws EventSerializationError naming the path, for a function, a symbol, a Promise, a cycle, a
 *   `Map` with other keys than strings, an invalid `Date`, and for what Python can't read: an integer of more than
 *   4,300 digits, or deeper nesting.
 */
export function stringify(value: unknown, name?: string, mostLevels = MOST_LEVELS): string {
  let trail: Trail | undefined;
  try {
    // Most values, which lead nowhere.
    if (typeof value === 'string') return writeString(value);
    if (typeof value === 'number') return writeNumber(value);
    return write(value, (trail = trailTo(name, mostLevels)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const isTooLong = error.message.startsWith('Invalid string length');
    const what = isTooLong ? 'more than fits into one text' : 'values nested too deeply';
    throw refusal(trail ?? trailTo(name, mostLevels), what);
  }
}

function trailTo(name: string | undefined, mostLevels: number): Trail {
  return { inside: [], keys: name === undefined ? [] : [name], mostLevels };
}

function write(value: unknown, trail: Trail): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return String(value);
    case 'bigint':
      return writeInteger(value, trail);
    case 'undefined':
      return 'null';
    case 'object':
      return value === null ? 'null' : writeObject(value, trail);
    default:
      throw refusal(trail, `a ${typeof value}`);
  }
}

function writeString(text: string): string {
  if (!TO_ESCAPE.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return NOT_PRINTABLE_ASCII.test(json) ? json.replace(ALL_NOT_PRINTABLE_ASCII, escapeUnit) : json;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

// Past 2^53 a number is no exact integer any more. Written as a float, no reader takes its digits
// for exact ones, and readers in JavaScript get a number again.
function writeNumber(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0.0' : String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e16 || size < 1e-4) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function writeInteger(value: bigint, trail: Trail): string {
  if (!hasTooManyDigits(value)) return String(value);
  throw refusal(trail, `an integer of more than ${MAX_INTEGER_DIGITS} digits, which nobody reads`);
}

function writeObject(value: object, trail: Trail): string {
  if (types.isDate(value)) {
    if (Number.isNaN(value.getTime())) throw refusal(trail, 'an invalid Date');
    return `"${value.toISOString()}"`;
  }
  // Before toJSON: a Buffer has one, and what it returns is no base64.
  const bytes = bytesOf(value);
  if (bytes !== null) return `"${bytes.toString('base64')}"`;
  if (types.isPromise(value)) throw refusal(trail, 'a Promise (await it first)');
  if (trail.inside.includes(value)) throw refusal(trail, 'a cycle: an object that contains itself');

  if (trail.inside.length >= trail.mostLevels) {
    // Where it is would be a long text.
    trail.keys.splice(1);
    throw refusal(
      trail,
      `values nested deeper than ${trail.mostLevels} levels, which Python does not read`,
    );
  }
  trail.inside.push(value);
  const json = writeContents(value, trail);
  trail.inside.pop();
  return json;
}

function writeContents(value: object, trail: Trail): string {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return write((value as { toJSON(): unknown }).toJSON(), trail);
  }
  if (types.isBoxedPrimitive(value)) return write(value.valueOf(), trail);
  if (Array.isArray(value)) return writeList(value, trail);
  if (types.isSet(value) || types.isTypedArray(value)) return writeList([...value], trail);
  return writeEntries(types.isMap(value) ? mapEntries(value, trail) : Object.entries(value), trail);
}

function writeList(items: readonly unknown[], trail: Trail): string {
  const written: string[] = [];
  for (const [index, item] of items.entries()) {
    trail.keys.push(index);
    written.push(write(item, trail));
    trail.keys.pop();
  }
  return `[${written.join(', ')}]`;
}

function writeEntries(entries: [string, unknown][], trail: Trail): string {
  const written: string[] = [];
  for (const [key, item] of entries.sort(byCodePoints)) {
    if (item === undefined) continue;
    trail.keys.push(key);
    written.push(`${writeString(key)}: ${write(item, trail)}`);
    trail.keys.pop();
  }
  return `{${written.join(', ')}}`;
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, trail: Trail): [string, unknown][] {
  return [...map].map(([key, item]) => {
    if (typeof key !== 'string') throw refusal(trail, `a Map with a ${typeof key} as its key`);
    return [key, item];
  });
}

function bytesOf(value: object): Buffer | null {
  if (types.isUint8Array(value) || types.isDataView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : null;
}

// JavaScript sorts by UTF-16 units, which puts astral characters before U+E000 to U+FFFF.
function byCodePoints([a]: [string, unknown], [b]: [string, unknown]): number {
  let index = 0;
  while (index < a.length && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  return (a.codePointAt(index) ?? -1) - (b.codePointAt(index) ?? -1);
}

function refusal(trail: Trail, what: string): EventSerializationError {
  const path = trail.keys.length > 0 ? ` at '${trail.keys.join('.')}'` : '';
  return new EventSerializationError(
    `The value${path} can't be written as JSON: it is or holds ${what}. ` +
      'Give it as plain data, or let a class say with toJSON() how it is written.',
  );
}
