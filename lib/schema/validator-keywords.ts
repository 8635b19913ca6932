import { enumValues } from '../event/property-type.js';
import type { JsonSchema } from './json-schema.js';

/** What a validator of class-validator asks for, in JSON Schema. Its constraints are its arguments. */
type Keywords = (constraints: readonly unknown[]) => JsonSchema;

const DATE: JsonSchema = { type: 'string', format: 'date-time' };

const KEYWORDS: Readonly<Record<string, Keywords>> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  isObject: () => ({ type: 'object' }),
  isNotEmptyObject: () => ({ type: 'object' }),
  isDate: () => DATE,
  minDate: () => DATE,
  maxDate: () => DATE,
  isEnum: ([entity]) => oneOf(enumValues(entity)),
  isIn: ([values]) => oneOf(values),
  equals: ([value]) => oneOf([value]),
  isDefined: () => ({}),
  isNotEmpty: () => ({}),
  isInstance: () => ({}),
  min: ([minimum]) => ({ type: 'number', ...limit('minimum', minimum) }),
  max: ([maximum]) => ({ type: 'number', ...limit('maximum', maximum) }),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  isNegative: () => ({ type: 'number', exclusiveMaximum: 0 }),
  isDivisibleBy: ([divisor]) => ({
    type: 'number',
    ...(Number.isInteger(divisor) && Number(divisor) > 0 && limit('multipleOf', divisor)),
  }),
  isLatitude: () => ({ type: ['number', 'string'] }),
  isLongitude: () => ({ type: ['number', 'string'] }),
  minLength: ([minimum]) => ({ type: 'string', ...limit('minLength', minimum) }),
  maxLength: ([maximum]) => ({ type: 'string', ...limit('maxLength', maximum) }),
  isLength: ([minimum, maximum]) => ({
    type: 'string',
    ...limit('minLength', minimum),
    ...limit('maxLength', maximum),
  }),
  // JSON Schema's format knows no letters beyond ASCII.
  isEmail: () => ({ type: 'string' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isArray: () => ({ type: 'array' }),
  // Equal objects are unique to class-validator, but not to JSON Schema.
  arrayUnique: () => ({ type: 'array' }),
  arrayContains: () => ({ type: 'array' }),
  arrayNotContains: () => ({ type: 'array' }),
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayMinSize: ([minimum]) => ({ type: 'array', ...limit('minItems', minimum) }),
  arrayMaxSize: ([maximum]) => ({ type: 'array', ...limit('maxItems', maximum) }),
};

/**
 * Validators that want a string of some form. The form itself is left out: JSON Schema's formats are
 * other than class-validator's, and a regular expression of JavaScript's may be none of Python's,
 * whose workers end when they meet one.
 */
const STRINGS: ReadonlySet<string> = new Set(
  (
    'contains notContains matches isAlpha isAlphanumeric isAscii isBIC isBase32 isBase58 isBase64 ' +
    'isBooleanString isBtcAddress isByteLength isCreditCard isCurrency isDataURI isDateString ' +
    'isDecimal isEAN isEthereumAddress isFqdn IsFirebasePushId isFullWidth isHSL isHalfWidth isHash ' +
    'isHexColor isHexadecimal isIBAN isIp isIsbn isIsin isISO31661Alpha2 isISO31661Alpha3 ' +
    'isISO31661Numeric isISO4217CurrencyCode isISO6391 isIso8601 isISRC isISSN isIdentityCard isJson ' +
    'isJwt isLatLong isLocale isLowercase isMacAddress isMagnetURI isMilitaryTime isMimeType ' +
    'isMobilePhone isMongoId isMultibyte isNumberString isOctal isPassportNumber isPhoneNumber isPort ' +
    'isPostalCode isRFC3339 isRgbColor isSemVer isStrongPassword isSurrogatePair isTaxId isTimeZone ' +
    'isUppercase isUrl isVariableWidth'
  ).split(' '),
);

/**
 * What one of class-validator's own validators asks for. All of these refuse `undefined` and `null`.
 *
 * @param name the validator's name in class-validator's metadata.
 * @returns undefined for a validator that is not known, or accepts `undefined`: it says nothing that
 *   a schema could repeat.
 */
export function validatorKeywords(
  name: string,
  constraints: readonly unknown[],
): JsonSchema | undefined {
  if (STRINGS.has(name)) return { type: 'string' };
  return Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name]?.(constraints) : undefined;
}

function limit(keyword: keyof JsonSchema, value: unknown): JsonSchema {
  return typeof value === 'number' && Number.isFinite(value) ? { [keyword]: value } : {};
}

// Values that are written as something else than themselves can't be listed.
function oneOf(values: unknown): JsonSchema {
  const isListed = (value: unknown) =>
    value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  return Array.isArray(values) && values.length > 0 && values.every(isListed)
    ? { enum: [...new Set<unknown>(values)] }
    : {};
}
