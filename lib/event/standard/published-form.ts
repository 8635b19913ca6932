import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { isDeepStrictEqual } from 'node:util';
import { closedSchema } from './closed-schema.js';
import type { JsonObject } from './json-object.js';
import { libraryOptions } from './library-options.js';
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
  const { input: given, output: made } = described(converter, libraryOptions(left));
  const [input, output] = [given, made].map((raw) =>
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

/**
 * What a library says of what goes in and of what comes out, in the newest draft that is enough for Lightbus and that
 * it has.
 */
function described(
  converter: StandardJSONSchemaV1.Converter,
  options: Record<string, unknown>,
): { input: unknown; output: unknown } {
  const by = (target: StandardJSONSchemaV1.Target) => {
    const all = { target, libraryOptions: options };
    return { input: converter.input(all), output: converter.output(all) };
  };
  try {
    return by('draft-07');
  } catch (error) {
    try {
      return by('draft-2020-12');
    } catch {
      throw error;
    }
  }
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
