import { types } from 'node:util';
import { maskText } from './mask.js';

const LONGEST = 80;

/**
 * In words, what was found in place of a value. Passwords in URLs are masked, long texts cut, and
 * of objects only the keys are named. What may be a secret as a whole is described by its type.
 */
export function describeFound(value: unknown, secret = false): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  switch (typeof value) {
    case 'string':
      return secret ? 'a text' : `'${shorten(maskText(value))}'`;
    case 'number':
    case 'bigint':
    case 'boolean':
      return secret ? `a ${typeof value}` : String(value);
    case 'object':
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

/** A text cut to a length that fits a line, control characters replaced. */
export function shorten(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}… (${line.length} characters)`;
}

/** Whether a value is an object as a configuration has them, and no list, date or map. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  // By its tag, not its prototype: the application's code may come from another realm.
  return Object.prototype.toString.call(value) === '[object Object]';
}

function describeObject(value: object): string {
  if (types.isDate(value)) return `a date (${String(value.getTime())} ms)`;
  if (!isPlainObject(value))
    return `an object of type ${Object.prototype.toString.call(value).slice(8, -1)}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an object without keys';
  return `an object with the keys ${shorten(keys.map(maskText).join(', '))}`;
}
