import { isDeepStrictEqual } from 'node:util';
import { InvalidOptionsError } from '../errors.js';
import { parse } from '../wire/json-reader.js';

/** Whether an event's payload holds what is asked for. */
export type PayloadTest = (payload: object) => boolean;

/**
 * Parses a path into a payload with a value: `customer.address.city=London`, `lines.0.sku=teapot`, `lines.*.sku=teapot`.
 * What stands after the first `=` is compared as text with a string, and as JSON with any value:
 * `5` finds 5 and "5".
 *
 * @param also a condition that has to hold, too, where there are several.
 * @throws InvalidOptionsError
 */
export function parseJsonPath(text: string, also?: PayloadTest): PayloadTest {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).replace(/^\$\./, '').split('.');
  if (path.some((segment) => segment === '')) {
    throw new InvalidOptionsError(
      'Expected a path into the payload and a value, such as address.city=London.',
    );
  }
  const wanted = parseWanted(text.slice(equals + 1));
  return (payload) =>
    (also?.(payload) ?? true) && valuesAt(payload, path).some((value) => matches(value, wanted));
}

interface Wanted {
  readonly text: string;
  /** Empty where the text is no JSON. */
  readonly json: readonly unknown[];
}

function parseWanted(text: string): Wanted {
  try {
    return { text, json: [parse(text)] };
  } catch {
    return { text, json: [] };
  }
}

function matches(value: unknown, { text, json }: Wanted): boolean {
  return value === text || json.some((wanted) => isDeepStrictEqual(value, wanted));
}

function valuesAt(payload: unknown, path: readonly string[]): unknown[] {
  return path.reduce<unknown[]>((found, segment) => found.flatMap(stepInto(segment)), [payload]);
}

function stepInto(segment: string): (value: unknown) => unknown[] {
  return (value) => {
    if (typeof value !== 'object' || value === null) return [];
    if (segment === '*') return Object.values(value) as unknown[];
    return Object.hasOwn(value, segment) ? [(value as Record<string, unknown>)[segment]] : [];
  };
}
