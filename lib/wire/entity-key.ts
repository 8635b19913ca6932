import { isKey } from '../event/entity.js';
import { parse } from './json-reader.js';
import { stringify } from './json-writer.js';

/**
 * The text by which an entity is known: that of a string itself, that of a number as it is on the wire. So
 * `1`, `1.0` and `'1'` are one entity.
 *
 * @returns `undefined` for what can be no key: anything but a string or a finite number, and texts with
 *   halves of surrogate pairs, which all are one on the wire.
 */
export function keyTextOf(value: unknown): string | undefined {
  if (!isKey(value)) return undefined;
  return typeof value === 'string' ? value : withoutFraction(stringify(value));
}

/**
 * The same for the JSON of a stored parameter. (The index of Redis does it in Lua:
 * `includes/entity-key.lua`.)
 */
export function keyTextOfJson(json: string): string | undefined {
  const number = NUMBER.exec(json)?.[1];
  if (number !== undefined) return withoutFraction(number);
  if (!/^[ \t\n\r]*"/.test(json)) return undefined;
  try {
    return keyTextOf(parse(json));
  } catch {
    return undefined;
  }
}

// Nothing but JSON's white space around it.
const NUMBER = /^[ \t\n\r]*(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)[ \t\n\r]*$/;

// Python writes a whole float as 1.0.
function withoutFraction(text: string): string {
  const whole = text.replace(/\.0+$/, '');
  return whole === '-0' ? '0' : whole;
}
