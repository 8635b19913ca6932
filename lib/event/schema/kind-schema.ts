import { kindOf } from '../value-kinds.js';
import type { JsonSchema } from './json-schema.js';
import { portablePattern } from './pattern/portable-pattern.js';
import { part, whole, type Said } from './said.js';

const MONTHS_AND_DAYS = [
  '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])',
  '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)',
  '02-(?:0[1-9]|1\\d|2[0-8])',
].join('|');
const LEAP_YEARS = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
// An offset moves these days to years that nobody can write.
const FIRST_OR_LAST_DAY = '(?:0001-01-01|9999-12-31)[^Z]*$';
const DATE_TIME = new RegExp(
  `^(?!0000|${FIRST_OR_LAST_DAY})(?:\\d{4}-(?:${MONTHS_AND_DAYS})|${LEAP_YEARS}-02-29)` +
    'T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,12})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$',
  'u',
);
// What Node writes for some bytes, and nothing else that it would read as them.
const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/**
 * A date as it is sent. The format alone would leave leap seconds to it, and all texts where formats are not asserted.
 */
export const DATE: JsonSchema = { ...textOf(DATE_TIME), format: 'date-time' };

const NUMBERS: JsonSchema = { type: 'array', items: { type: 'number' } };

/** What one value of a built-in class is on the wire; undefined for other classes. */
export function kindSchema(type: unknown): Said | undefined {
  if (type === String) return whole({ type: 'string' });
  if (type === Boolean) return whole({ type: 'boolean' });
  if (type === Number) return whole({ type: 'number' });
  if (type === BigInt) return whole({ type: 'integer' });
  if (type === URL) return part({ type: 'string' });
  if ([Buffer, Uint8Array, ArrayBuffer, DataView].includes(type as BufferConstructor)) {
    return whole(textOf(BASE64));
  }
  const kind = kindOf(type);
  if (kind === undefined) return undefined;
  if (!kind.isList) return whole(DATE);
  if (type === Float64Array) return whole(NUMBERS);
  const limits = LIMITS.get(type);
  if (!limits) return part(NUMBERS);
  const [minimum, maximum] = limits;
  return whole({ type: 'array', items: { type: 'integer', minimum, maximum } });
}

const LIMITS: ReadonlyMap<unknown, readonly [number, number]> = new Map<
  unknown,
  readonly [number, number]
>([
  [Int8Array, [-(2 ** 7), 2 ** 7 - 1]],
  [Uint8ClampedArray, [0, 2 ** 8 - 1]],
  [Int16Array, [-(2 ** 15), 2 ** 15 - 1]],
  [Uint16Array, [0, 2 ** 16 - 1]],
  [Int32Array, [-(2 ** 31), 2 ** 31 - 1]],
  [Uint32Array, [0, 2 ** 32 - 1]],
]);

function textOf(form: RegExp): JsonSchema {
  const portable = portablePattern(form);
  if (!portable) throw new Error(`${String(form)} is not portable`);
  return { type: 'string', pattern: portable.pattern };
}
