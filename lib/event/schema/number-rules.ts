import { NOTHING, type JsonSchema } from './json-schema.js';
import { part, whole, type Said } from './said.js';

type Constraints = readonly unknown[];

const NUMBER: JsonSchema = { type: 'number' };
const INTEGER: JsonSchema = { type: 'integer' };
/** Beyond it, dividing numbers is no exact science, and readers disagree. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Degrees are a number's text to class-validator: one in exponential notation is none. */
const SMALLEST_DEGREE = 1e-6;

/** class-validator's rules for numbers, by their names in its metadata. */
export const NUMBER_RULES: Readonly<Record<string, (constraints: Constraints) => Said>> = {
  isNumber: ([options]) => numbers(options),
  isInt: () => whole(INTEGER),
  min: ([limit]) => bounded('minimum', limit),
  max: ([limit]) => bounded('maximum', limit),
  isPositive: () => whole({ ...NUMBER, exclusiveMinimum: 0 }),
  isNegative: () => whole({ ...NUMBER, exclusiveMaximum: 0 }),
  isDivisibleBy: ([divisor]) => multiples(divisor),
};

function numbers(options: unknown): Said {
  const { allowNaN, allowInfinity, maxDecimalPlaces } = (options ?? {}) as Record<string, unknown>;
  // JSON has no such numbers.
  if (allowNaN || allowInfinity) return part({});
  if (maxDecimalPlaces === undefined) return whole(NUMBER);
  return maxDecimalPlaces === 0 ? whole(INTEGER) : part(NUMBER);
}

function bounded(keyword: 'minimum' | 'maximum', limit: unknown): Said {
  if (typeof limit !== 'number' || Number.isNaN(limit)) return whole(NOTHING);
  if (Number.isFinite(limit)) return whole({ ...NUMBER, [keyword]: limit });
  const isOpen = limit < 0 === (keyword === 'minimum');
  return whole(isOpen ? NUMBER : NOTHING);
}

function multiples(divisor: unknown): Said {
  // validator.js reads the divisor as an integer.
  const whole_ = typeof divisor === 'number' ? Math.abs(parseInt(String(divisor), 10)) : 0;
  if (!(whole_ > 0)) return whole(NOTHING);
  const schema = { ...INTEGER, multipleOf: whole_, minimum: -LARGEST, maximum: LARGEST };
  return { schema, isWhole: true, isKept: false };
}

/** Latitudes and longitudes, up to a number of degrees. */
export function degrees(most: number, text: JsonSchema): Said {
  const schema = {
    anyOf: [
      { enum: [0] },
      { ...NUMBER, minimum: SMALLEST_DEGREE, maximum: most },
      { ...NUMBER, minimum: -most, maximum: -SMALLEST_DEGREE },
      text,
    ],
  };
  return { schema, isWhole: true, isKept: false };
}
