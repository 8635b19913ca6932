import { isWholeNumber, kindOf, typesOf, type Alternative, type Kind } from './alternatives.js';
import { isSame } from '../../event/schema/json-equality.js';
import type { SchemaObject } from './schema-value.js';

/** Whether a keyword is satisfied for sure by what satisfies an alternative. */
type Implied = (wanted: unknown, by: Alternative) => boolean;

/** A limit, and whether it is reached. */
interface Limit {
  readonly at: number;
  readonly isOpen: boolean;
}

const LOWER = ['minimum', 'exclusiveMinimum'] as const;
const UPPER = ['maximum', 'exclusiveMaximum'] as const;

/** Keywords that are about values of one kind only: of others, they ask for nothing. */
const ABOUT: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries([...LOWER, ...UPPER, 'multipleOf'].map((one) => [one, 'number'])),
  ...Object.fromEntries(['minLength', 'maxLength', 'pattern'].map((one) => [one, 'string'])),
  ...Object.fromEntries(
    ['items', 'additionalItems', 'contains', 'minItems', 'maxItems', 'uniqueItems'].map((one) => [
      one,
      'array',
    ]),
  ),
  ...Object.fromEntries(
    [
      ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
      ...['minProperties', 'maxProperties', 'dependencies'],
    ].map((one) => [one, 'object']),
  ),
};

const IMPLIED: Readonly<Record<string, Implied>> = {
  type: (wanted, { kind, isWhole, values }) => {
    const types = typesOf(wanted) ?? [];
    if (types.includes(kind)) return true;
    const areWhole = isWhole || values?.every(isWholeNumber) === true;
    return kind === 'number' && types.includes('integer') && areWhole;
  },
  enum: (wanted, { values }) =>
    Array.isArray(wanted) &&
    values?.every((value) => wanted.some((one) => isSame(one, value))) === true,
  const: (wanted, { values }) => values?.every((value) => isSame(wanted, value)) === true,
  minimum: (wanted, by) => isAbove(lowerOf(by), wanted, false),
  exclusiveMinimum: (wanted, by) => isAbove(lowerOf(by), wanted, true),
  maximum: (wanted, by) => isAbove(negative(upperOf(by)), below(wanted), false),
  exclusiveMaximum: (wanted, by) => isAbove(negative(upperOf(by)), below(wanted), true),
  multipleOf: (wanted, by) =>
    by.all.some(
      ({ multipleOf }) =>
        Number.isInteger(multipleOf) &&
        Number.isInteger(wanted) &&
        Number(multipleOf) % Number(wanted) === 0,
    ) ||
    (wanted === 1 && by.isWhole),
  minLength: (wanted, by) => atLeast(by, 'minLength', wanted, lengthOf),
  maxLength: (wanted, by) => atMost(by, 'maxLength', wanted, lengthOf),
  minItems: (wanted, by) => atLeast(by, 'minItems', wanted),
  maxItems: (wanted, by) => atMost(by, 'maxItems', wanted),
  minProperties: (wanted, by) => atLeast(by, 'minProperties', wanted),
  maxProperties: (wanted, by) => atMost(by, 'maxProperties', wanted),
  uniqueItems: (wanted, by) =>
    wanted === false || by.all.some(({ uniqueItems }) => uniqueItems === true),
};

/** Whether a keyword asks for nothing of values of this kind. */
export function isAboutOthers(keyword: string, kind: Kind): boolean {
  // Some formats are of numbers.
  if (keyword === 'format') return kind !== 'string' && kind !== 'number';
  return Object.hasOwn(ABOUT, keyword) && ABOUT[keyword] !== kind;
}

/** Whether a keyword by itself is satisfied by all that satisfies the alternative; what is not known, is not. */
export function isImplied(keyword: string, wanted: unknown, by: Alternative): boolean {
  return Object.hasOwn(IMPLIED, keyword) && IMPLIED[keyword]?.(wanted, by) === true;
}

/** What the alternative says in place of a keyword, for people; `undefined` for nothing. */
export function saidInstead(keyword: string, by: Alternative): unknown {
  if (keyword === 'type') return by.isWhole ? 'integer' : by.kind;
  if ((keyword === 'enum' || keyword === 'const') && by.values) return by.values;
  const said: SchemaObject | undefined = by.all.find((one) => Object.hasOwn(one, keyword));
  return said?.[keyword];
}

function lengthOf(value: unknown): number {
  // JSON Schema counts characters, not the units of JavaScript's strings.
  return typeof value === 'string' ? [...value].length : NaN;
}

function lowerOf(by: Alternative): Limit | undefined {
  const numbers = numbersOf(by);
  if (numbers) return { at: Math.min(...numbers), isOpen: false };
  return tightest(by, LOWER, (a, b) => a > b);
}

function upperOf(by: Alternative): Limit | undefined {
  const numbers = numbersOf(by);
  if (numbers) return { at: Math.max(...numbers), isOpen: false };
  return tightest(by, UPPER, (a, b) => a < b);
}

function numbersOf({ values }: Alternative): number[] | undefined {
  return values?.map((value) => (kindOf(value) === 'number' ? Number(value) : NaN));
}

function tightest(
  { all }: Alternative,
  [closed, open]: readonly [string, string],
  isTighter: (a: number, b: number) => boolean,
): Limit | undefined {
  let found: Limit | undefined;
  for (const schema of all) {
    for (const [keyword, isOpen] of [[closed, false] as const, [open, true] as const]) {
      const at = schema[keyword];
      if (typeof at !== 'number') continue;
      if (!found || isTighter(at, found.at) || (at === found.at && isOpen)) found = { at, isOpen };
    }
  }
  return found;
}

function negative(limit: Limit | undefined): Limit | undefined {
  return limit && { at: -limit.at, isOpen: limit.isOpen };
}

function below(wanted: unknown): unknown {
  return typeof wanted === 'number' ? -wanted : wanted;
}

function isAbove(limit: Limit | undefined, wanted: unknown, isOpen: boolean): boolean {
  if (!limit || typeof wanted !== 'number') return false;
  return limit.at > wanted || (limit.at === wanted && (limit.isOpen || !isOpen));
}

function atLeast(
  by: Alternative,
  keyword: string,
  wanted: unknown,
  measure?: (value: unknown) => number,
): boolean {
  if (typeof wanted !== 'number') return false;
  if (wanted <= 0) return true;
  if (measure && by.values?.every((value) => measure(value) >= wanted)) return true;
  return by.all.some((schema) => Number(schema[keyword]) >= wanted);
}

function atMost(
  by: Alternative,
  keyword: string,
  wanted: unknown,
  measure?: (value: unknown) => number,
): boolean {
  if (typeof wanted !== 'number') return false;
  if (measure && by.values?.every((value) => measure(value) <= wanted)) return true;
  return by.all.some((schema) => typeof schema[keyword] === 'number' && schema[keyword] <= wanted);
}
