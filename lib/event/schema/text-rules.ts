import { NOTHING, type JsonSchema } from './json-schema.js';
import { degrees } from './number-rules.js';
import { portablePattern } from './pattern/portable-pattern.js';
import { narrower, part, whole, type Said } from './said.js';
import { DEGREES, isNarrowerForm, isWiderForm, TEXT_FORMS } from './text-forms.js';

type Constraints = readonly unknown[];

const TEXT: JsonSchema = { type: 'string' };

/** Rules for texts of a form that only code can tell, by their names in class-validator's metadata. */
const FORMLESS: ReadonlySet<string> = new Set(
  (
    'isBIC isByteLength isCreditCard isCurrency isDataURI isEAN isEmail isFqdn isHSL ' +
    'isIBAN isIsbn isIsin isISO31661Alpha2 isISO31661Alpha3 isISO31661Numeric isISO4217CurrencyCode isISO6391 ' +
    'isISSN isIdentityCard isJson isLocale isLowercase isMagnetURI isMimeType isMobilePhone ' +
    'isPassportNumber isPhoneNumber isPostalCode isRgbColor isStrongPassword isSurrogatePair isTaxId isTimeZone ' +
    'isUppercase isUrl isVariableWidth'
  ).split(' '),
);

const OTHERS: Readonly<Record<string, (constraints: Constraints) => Said>> = {
  isString: () => whole(TEXT),
  minLength: ([least]) => lengths(least, undefined),
  maxLength: ([most]) => lengths(undefined, most),
  isLength: ([least, most]) => lengths(least, most),
  matches: ([pattern, modifiers]) => matching(pattern, modifiers),
  contains: ([seed]) => containing(seed, (schema) => schema),
  notContains: ([seed]) => containing(seed, (schema) => ({ ...TEXT, not: schema })),
  isLatitude: () => degrees(90, formed(DEGREES.latitude).schema),
  isLongitude: () => degrees(180, formed(DEGREES.longitude).schema),
  isLatLong: () => ({ ...formed(DEGREES.both), isKept: false }),
};

/** What one of class-validator's rules for texts asks for; undefined for a rule of another name. */
export function textRule(name: string, constraints: Constraints): Said | undefined {
  if (FORMLESS.has(name)) return part(TEXT);
  if (Object.hasOwn(OTHERS, name)) return OTHERS[name]?.(constraints);
  if (!Object.hasOwn(TEXT_FORMS, name)) return undefined;
  const form = TEXT_FORMS[name]?.(constraints);
  if (!form) return part(TEXT);
  const said = formed(form);
  const withFormat = name === 'isUuid' ? { ...said.schema, format: 'uuid' } : said.schema;
  return {
    schema: withFormat,
    isWhole: said.isWhole && !isWiderForm(name, constraints),
    isKept: said.isKept && !isNarrowerForm(name, constraints),
  };
}

function formed(form: RegExp): Said {
  const portable = portablePattern(form);
  if (!portable) return part(TEXT);
  const schema = { ...TEXT, pattern: portable.pattern };
  return portable.isExact ? whole(schema) : narrower(schema);
}

function matching(pattern: unknown, modifiers: unknown): Said {
  if (pattern instanceof RegExp) return formed(pattern);
  try {
    return formed(new RegExp(String(pattern), typeof modifiers === 'string' ? modifiers : ''));
  } catch {
    return part(TEXT);
  }
}

function containing(seed: unknown, about: (schema: JsonSchema) => JsonSchema): Said {
  if (typeof seed !== 'string' || seed === '') return part(TEXT);
  const portable = portablePattern(new RegExp(seed.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&')));
  return portable ? whole(about({ ...TEXT, pattern: portable.pattern })) : part(TEXT);
}

/**
 * JSON Schema counts code points. So does class-validator, but for a variation selector, which it counts with the
 * character before: what is too long by that is refused when fired, and a pattern counts what is too short.
 */
function lengths(least: unknown, most: unknown): Said {
  const [min, max] = [least ?? 0, most === undefined ? Infinity : most];
  if (!isNumber(min) || !isNumber(max)) return part(TEXT);
  const fewest = Math.max(0, Math.ceil(min));
  const longest = Math.floor(max);
  if (longest < 0 || fewest === Infinity) return whole(NOTHING);
  const schema: JsonSchema = {
    ...TEXT,
    ...(fewest > 0 && { minLength: fewest }),
    ...(longest < Infinity && { maxLength: longest }),
  };
  if (fewest < 2) return whole(schema);
  if (fewest > MOST_COUNTED) return part(schema);
  return whole({ ...schema, pattern: `^${CHARACTER}{${fewest}}` });
}

/** What class-validator counts as one. */
const CHARACTER =
  '(?:[^\\ufe0e\\ufe0f][\\ufe0e\\ufe0f]|[^\\ufe0e\\ufe0f](?![\\ufe0e\\ufe0f])|[\\ufe0e\\ufe0f])';
const MOST_COUNTED = 1000;

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}
