/**
 * What libraries need to be told before they describe a schema as JSON Schema. Each looks at its own options only.
 *
 * @param left is told which rules the JSON Schema leaves out, in words.
 */
export function libraryOptions(left: Set<string>): Record<string, unknown> {
  return { ...forZod(left), ...forValibot(left), ...forArkType(left) };
}

/** What zod keeps of a schema and of a check, and what it makes of the schema. */
interface ZodNode {
  readonly _zod: {
    readonly def: {
      readonly type?: string;
      readonly check?: string;
      readonly pattern?: unknown;
      readonly checks?: readonly ZodNode[];
    };
    /** Where it kept patterns before 4.5. */
    readonly bag?: { readonly patterns?: Iterable<unknown> };
  };
}
interface ZodContext {
  readonly zodSchema: ZodNode;
  readonly jsonSchema: Record<string, unknown>;
  readonly path?: readonly (string | number)[];
}

function forZod(left: Set<string>): Record<string, unknown> {
  return {
    // What it can't describe may be anything; what JSON can't carry is refused elsewhere.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path = [] }: ZodContext) => {
      const { type, checks = [] } = zodSchema._zod.def;
      if (type === 'custom' || checks.some((check) => check._zod.def.check === 'custom')) {
        const place = path.filter((_, i) => path[i - 1] === 'properties').join('.');
        left.add(`a rule of its own (refine, custom)${place === '' ? '' : ` at ${place}`}`);
      }
      // It makes one object of the very list, and then none is open where one of them is.
      if (Array.isArray(jsonSchema.allOf)) jsonSchema.allOf = [...(jsonSchema.allOf as unknown[])];
      // It leaves out the flags, and then says something else.
      const flagged = patternsOf(zodSchema).filter(isFlagged);
      if (flagged.length === 0) return;
      // Several are in `allOf`, and nothing else is there of a text.
      delete jsonSchema.pattern;
      delete jsonSchema.allOf;
      for (const pattern of flagged) left.add(`the pattern ${String(pattern)}`);
    },
  };
}

function patternsOf({ _zod: { def, bag } }: ZodNode): RegExp[] {
  const checks = (def.checks ?? []).map((check) => check._zod.def.pattern);
  const all = [def.pattern, ...checks, ...(bag?.patterns ?? [])];
  return all.filter((pattern) => pattern instanceof RegExp);
}

function isFlagged({ flags }: RegExp): boolean {
  return /[ims]/.test(flags);
}

/** What `@valibot/to-json-schema` tells of an action, or of a schema. */
interface ValibotContext {
  readonly valibotAction?: { readonly type: string; readonly requirement?: unknown };
  readonly valibotSchema?: { readonly type: string };
  readonly jsonSchema: Record<string, unknown>;
  readonly errors?: readonly string[];
}

function forValibot(left: Set<string>): Record<string, unknown> {
  return {
    // It throws otherwise, and nothing at all is published.
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema, errors }: ValibotContext) => {
      const { type, requirement } = valibotAction ?? { type: '' };
      const isPattern = requirement instanceof RegExp;
      // Its minutes have no seconds and no offset, as the format asks for.
      if (type === 'iso_date_time') delete jsonSchema.format;
      // It leaves out the flags, and then says something else.
      if (isPattern && isFlagged(requirement)) delete jsonSchema.pattern;
      const isUnsaid =
        isPattern && jsonSchema.pattern === undefined && jsonSchema.format === undefined;
      if (isUnsaid) left.add(`the pattern ${String(requirement)}`);
      else if (errors) left.add(`its rule '${type}'`);
    },
    overrideSchema: ({ valibotSchema, jsonSchema, errors }: ValibotContext) => {
      const { type } = valibotSchema ?? { type: '' };
      // It describes these as those that take out what they don't know.
      if (type === 'loose_object') jsonSchema.additionalProperties = {};
      if (type === 'tuple') jsonSchema.additionalItems = false;
      if (errors) left.add(`its schema '${type}'`);
    },
  };
}

function forArkType(left: Set<string>): Record<string, unknown> {
  const without =
    (what: string) =>
    ({ base }: { readonly base: Readonly<Record<string, unknown>> }) => {
      left.add(what);
      return base;
    };
  return {
    fallback: {
      predicate: without('a rule of its own (narrow)'),
      patternIntersection: without('a second pattern of one text'),
    },
  };
}
