import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { isDeepStrictEqual } from 'node:util';
import { closedSchema } from './closed-schema.js';
import type { JsonObject } from './json-object.js';
import { portableSchema } from './portable-schema.js';

/** What is published of a payload. */
export interface PublishedForm {
  /** JSON Schema (draft 7) without `$schema` and title, of `type: object`, closed to unknown properties. */
  readonly jsonSchema: JsonObject;
  /** Which rules it leaves out, in words. */
  readonly left: readonly string[];
}

/**
 * What a library's Standard JSON Schema says of a payload, as Lightbus publishes it: JSON Schema of draft 7 that
 * Python understands, which refuses unknown properties as `fire` does. Where what goes in and what comes out is
 * described differently, both hold.
 *
 * @returns `undefined` where the library does not have the interface.
 * @throws what the library throws where it can't describe the schema, and an error where that is no object's.
 */
export function publishedForm(schema: StandardSchemaV1): PublishedForm | undefined {
  const converter = converterOf(schema);
  if (!converter) return undefined;
  const left = new Set<string>();
  const options = { target: 'draft-07', libraryOptions: libraryOptions(left) };
  const [input, output] = [converter.input(options), converter.output(options)].map((raw) =>
    portableSchema(JSON.parse(JSON.stringify(raw)) as JsonObject, left),
  ) as [JsonObject, JsonObject];
  const jsonSchema = closedSchema(
    input,
    isDeepStrictEqual(open(input), open(output)) ? [] : [output],
  );
  if (jsonSchema.type !== 'object') throw new Error('it describes no object');
  return { jsonSchema, left: [...left] };
}

/** The Standard JSON Schema interface of a schema, where it has it. */
export function converterOf(schema: StandardSchemaV1): StandardJSONSchemaV1.Converter | undefined {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  return typeof jsonSchema?.input === 'function' && typeof jsonSchema.output === 'function'
    ? jsonSchema
    : undefined;
}

/** Without what says only that unknown properties are taken out. */
function open(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(open);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'additionalProperties' && value === false))
      .map(([key, value]) => [key, open(value)]),
  );
}

/** What zod keeps of a schema and of a check, and what it makes of the schema. */
interface ZodNode {
  readonly _zod: {
    readonly def: { readonly pattern?: unknown; readonly checks?: readonly ZodNode[] };
    /** Where it kept patterns before 4.5. */
    readonly bag?: { readonly patterns?: Iterable<unknown> };
  };
}
interface ZodContext {
  readonly zodSchema: ZodNode;
  readonly jsonSchema: Record<string, unknown>;
}

/** What zod needs to be told; other libraries don't look at it. */
function libraryOptions(left: Set<string>): Record<string, unknown> {
  return {
    // What it can't describe may be anything; what JSON can't carry is refused elsewhere.
    unrepresentable: 'any',
    // It leaves out the flags, and then says something else.
    override: ({ zodSchema, jsonSchema }: ZodContext) => {
      const flagged = patternsOf(zodSchema).filter(({ flags }) => /[ims]/.test(flags));
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
