import { isPlain, setOwn } from '../event/own-properties.js';
import { DEEPEST_HEADERS, type EventHeaders, type HeaderValue } from '../event/side-data.js';
import { hasTooManyDigits, MAX_INTEGER_DIGITS } from '../wire/json-reader.js';
import { printable } from '../wire/printable.js';

/** How many names and values headers may have, those that are nested included. */
const MOST_VALUES = 1_000;
/** How many characters their names, texts and bigints may have, all together. */
const MOST_CHARACTERS = 64 * 1024;

/** Why headers can't be sent, in words. */
export class HeadersFault extends Error {}

/**
 * Copies own headers: what was given may change later. Properties that are `undefined` are left out.
 *
 * @returns a copy, frozen with all that is in it.
 * @throws HeadersFault, which never quotes a value: what is passed on from HTTP may hold secrets.
 */
export function copyHeaders(given: object): EventHeaders {
  return new HeadersCopy().ofMembers(given, '', DEEPEST_HEADERS);
}

class HeadersCopy {
  private values = MOST_VALUES;
  private characters = MOST_CHARACTERS;

  ofMembers(given: object, path: string, depth: number): EventHeaders {
    const members = Object.entries(given) as [string, unknown][];
    this.spend(members.length, 0);
    const copied: Record<string, HeaderValue> = {};
    for (const [name, value] of members) {
      if (value === undefined) continue;
      if (name === '__proto__') {
        throw new HeadersFault("they have the name '__proto__', which readers leave out");
      }
      this.spend(0, name.length);
      const place = path === '' ? name : `${path}.${name}`;
      setOwn(copied, name, this.of(value, place, depth - 1));
    }
    return Object.freeze(copied);
  }

  private of(value: unknown, path: string, depth: number): HeaderValue {
    if (typeof value === 'bigint') return this.ofInteger(value, path);
    if (typeof value === 'string') this.spend(0, value.length);
    if (isScalar(value)) return value;
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value))
      throw fault(path, `is ${describe(value)}, and no value of JSON`);
    if (depth === 0) {
      throw fault(path, `is nested deeper than ${DEEPEST_HEADERS}, or contains itself`);
    }
    if (!isList) return this.ofMembers(value, path, depth);
    this.spend(value.length, 0);
    // Not by `map`, which leaves holes.
    return Object.freeze(Array.from(value, (item) => this.of(item, `${path}[]`, depth - 1)));
  }

  private ofInteger(value: bigint, path: string): number | bigint {
    if (hasTooManyDigits(value)) {
      throw fault(path, `is an integer of more than ${MAX_INTEGER_DIGITS} digits`);
    }
    this.spend(0, String(value).length);
    // As readers have it, who can't tell the two apart.
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private spend(values: number, characters: number): void {
    this.values -= values;
    this.characters -= characters;
    if (this.values >= 0 && this.characters >= 0) return;
    throw new HeadersFault(
      `they have more than ${MOST_VALUES} names and values, or more than ${MOST_CHARACTERS} characters. Put data into ` +
        'the payload',
    );
  }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return `of type ${typeof value}`;
  const name: unknown = (value.constructor as { readonly name?: unknown } | undefined)?.name;
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'no plain object';
}

function fault(path: string, problem: string): HeadersFault {
  const place = path.length > 60 ? `${path.slice(0, 60)}…` : path;
  return new HeadersFault(`'${printable(place)}' ${problem}`);
}
