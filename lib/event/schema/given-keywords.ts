/** Keywords of draft 7 that say something to people only. */
const ANNOTATIONS: ReadonlySet<string> = new Set(
  (
    'title description default examples $comment readOnly writeOnly contentEncoding ' +
    'contentMediaType'
  ).split(' '),
);

const ASSERTIONS: ReadonlySet<string> = new Set(
  (
    'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern format ' +
    'items additionalItems maxItems minItems uniqueItems contains maxProperties minProperties required properties ' +
    'patternProperties additionalProperties dependencies propertyNames if then else allOf anyOf oneOf not definitions'
  ).split(' '),
);

/** How draft 7 says what a keyword of another draft says. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['prefixItems', 'say it with a list of schemas as items'],
  ['unevaluatedItems', 'say it with additionalItems'],
  ['unevaluatedProperties', 'say it with additionalProperties, beside all the properties'],
  ['dependentRequired', 'say it with dependencies'],
  ['dependentSchemas', 'say it with dependencies'],
  ['minContains', 'contains asks for one item'],
  ['maxContains', 'contains asks for one item'],
  ['$defs', 'write the schema where it is used'],
  ['deprecated', 'say it in the description'],
  ['nullable', "say it with 'null' as one of the types"],
  ['example', 'say it with examples, a list'],
  ['discriminator', 'say it with oneOf'],
  ['contentSchema', 'say it in the description'],
]);

/** Formats of draft 7, and `uuid`, that `fire` checks. */
const FORMATS: ReadonlySet<string> = new Set(
  (
    'date-time date time email hostname ipv4 ipv6 uri uri-reference uri-template json-pointer relative-json-pointer ' +
    'regex uuid'
  ).split(' '),
);

/** Whether a keyword says nothing to validators. */
export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/**
 * Why a keyword can't be published, in words: some readers would ignore it, and others, as Ajv in its strict mode,
 * refuse the whole schema.
 *
 * @returns `undefined` where nothing is wrong.
 */
export function faultOfKeyword(keyword: string): string | undefined {
  if (ANNOTATIONS.has(keyword) || ASSERTIONS.has(keyword)) return undefined;
  if (['$ref', '$id', '$schema', '$anchor'].includes(keyword)) {
    return `it has a ${keyword}, which would mean something else where it is published`;
  }
  const instead = INSTEAD.get(keyword);
  return (
    `it has the keyword ${JSON.stringify(keyword)}, which draft 7 of JSON Schema does not know` +
    (instead === undefined ? '' : `: ${instead}`)
  );
}

/**
 * Why a format can't be published, in words: nobody would check it, or not everybody alike.
 *
 * @returns `undefined` where nothing is wrong.
 */
export function faultOfFormat(format: unknown): string | undefined {
  if (typeof format === 'string' && FORMATS.has(format)) return undefined;
  return (
    `it has the format ${JSON.stringify(format)}, which not all validators know: say it with a pattern ` +
    `or with bounds, or name one of ${[...FORMATS].join(', ')}`
  );
}
