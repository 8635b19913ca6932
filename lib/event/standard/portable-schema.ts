import { withExactMultiples } from '../schema/exact-multiples.js';
import { setOwn } from '../own-properties.js';
import { portableText } from '../schema/pattern/portable-pattern.js';
import { isJsonObject, type JsonObject } from './json-object.js';

/** Keywords whose value is a schema, a list of schemas, schemas by name, or data. */
const ONE = new Set([
  'additionalItems',
  'additionalProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
]);
const LIST = new Set(['allOf', 'anyOf', 'oneOf']);
const NAMED = new Set(['properties', 'definitions']);
const DATA = new Set(
  (
    'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength maxItems ' +
    'minItems uniqueItems maxProperties minProperties required title description examples $comment readOnly ' +
    'contentEncoding contentMediaType'
  ).split(' '),
);
const SAYS_NOTHING = new Set('title description examples $comment readOnly'.split(' '));
/** Keywords of other drafts, and one of draft 7, that refuse values and are left out. */
const LEFT_OUT = new Set(
  (
    'dependencies dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties minContains maxContains ' +
    '$dynamicRef $recursiveRef'
  ).split(' '),
);
/** Formats of draft 7 that validators agree on. */
const FORMATS = new Set(['date-time', 'date', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid']);
/** Those that say no more than the patterns that libraries give with them. */
const FORMATS_OF_PATTERNS = new Set(['date', 'ipv4', 'uuid']);

/**
 * A JSON Schema of another library with nothing in it but what draft 7 has: no other keywords, no references to
 * elsewhere, no patterns or formats that not every validator knows. What is left out makes it wider, never
 * stricter; multiples are bounded, as validators agree on them only there.
 *
 * @param left is told what is left out.
 */
export function portableSchema(raw: JsonObject, left: Set<string>): JsonObject {
  return node(raw, left) as JsonObject;
}

function node(raw: unknown, left: Set<string>): unknown {
  if (typeof raw === 'boolean') return raw;
  if (!isJsonObject(raw)) return {};
  if (typeof raw.$ref === 'string') return reference(raw, raw.$ref, left);
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(named(raw))) {
    if (DATA.has(keyword)) result[keyword] = value;
    else if (NAMED.has(keyword) && isJsonObject(value)) result[keyword] = byName(value, left);
    else if (LIST.has(keyword) && Array.isArray(value)) list(keyword, value, result, left);
    else if (ONE.has(keyword)) result[keyword] = node(value, left);
    else if (keyword === 'items') result.items = items(value, left);
    else if (LEFT_OUT.has(keyword)) left.add(`the keyword '${keyword}'`);
  }
  // Stricter where what it refuses, or depends on, has become wider.
  const isLoose = ['not', 'if'].some((keyword) => !isDeepEqualNode(raw[keyword], result[keyword]));
  if (isLoose)
    for (const keyword of ['not', 'if', 'then', 'else']) Reflect.deleteProperty(result, keyword);
  texts(raw, result, left);
  return withExactMultiples(result);
}

/** Other drafts' names for the same. */
function named(raw: JsonObject): JsonObject {
  const { $defs, prefixItems, items: rest, ...others } = raw;
  return {
    ...others,
    ...($defs !== undefined && { definitions: $defs }),
    ...(prefixItems === undefined
      ? rest !== undefined && { items: rest }
      : { items: prefixItems, ...(rest !== undefined && { additionalItems: rest }) }),
  };
}

function reference(raw: JsonObject, ref: string, left: Set<string>): JsonObject {
  const { definitions = raw.$defs, $defs: _, $ref, ...beside } = raw;
  const own = isJsonObject(definitions) && { definitions: byName(definitions, left) };
  const others = node(beside, left) as JsonObject;
  // Draft 7 does not look at what stands beside a reference; other drafts do.
  if (Object.keys(others).some((keyword) => !SAYS_NOTHING.has(keyword)))
    return { ...own, allOf: [reference({ $ref }, ref, left), others] };
  if (ref === '#' || ref.startsWith('#/'))
    return { $ref: ref.replace('#/$defs/', '#/definitions/'), ...own };
  left.add(`what is at ${ref}`);
  return { ...own };
}

function byName(schemas: JsonObject, left: Set<string>): JsonObject {
  const result = {};
  for (const [name, schema] of Object.entries(schemas)) setOwn(result, name, node(schema, left));
  return result;
}

function list(
  keyword: string,
  schemas: unknown[],
  result: Record<string, unknown>,
  left: Set<string>,
): void {
  const known = left.size;
  const made = schemas.map((schema) => node(schema, left));
  // What has become wider may be several at once.
  result[keyword === 'oneOf' && left.size > known ? 'anyOf' : keyword] = made;
}

function items(value: unknown, left: Set<string>): unknown {
  return Array.isArray(value) ? value.map((item) => node(item, left)) : node(value, left);
}

function texts(raw: JsonObject, result: Record<string, unknown>, left: Set<string>): void {
  const { pattern, format, patternProperties } = raw;
  const portable = typeof pattern === 'string' ? portableText(pattern) : undefined;
  if (portable !== undefined) result.pattern = portable;
  else if (typeof pattern === 'string') left.add(`the pattern /${pattern}/`);
  if (typeof format === 'string') {
    const formats = pattern === undefined ? FORMATS : FORMATS_OF_PATTERNS;
    if (formats.has(format)) result.format = format;
    else if (pattern === undefined) left.add(`the format '${format}'`);
  }
  if (isJsonObject(patternProperties)) {
    left.add('the names of patternProperties');
    result.additionalProperties = {};
  }
}

function isDeepEqualNode(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
