import 'reflect-metadata';
import { EventDefinitionError } from '../../errors.js';
import { modelText } from './given-schema.js';
import type { JsonSchema as Keywords } from './json-schema.js';

const METADATA = 'lightbus:json-schema';

/** Keywords of JSON Schema, draft 7, as `@JsonSchema` takes them. */
export type GivenSchema = Keywords & Readonly<Record<string, unknown>>;

/**
 * Says of a property, in JSON Schema (draft 7), what class-validator's rules can't say: what a validator of the
 * application's takes, or what a `@Transform` writes. What the rules say is published beside it, and what is fired must
 * satisfy both. Formats are checked when it is fired, and are a hint to readers: Python's validators don't look at them.
 * A `description`, a `title`, a `default` say nothing to validators.
 *
 * @param schema plain JSON, without `$ref`.
 * @throws EventDefinitionError for a schema that is none, or that not all readers understand: it may have the keywords
 *   of draft 7 only, formats that validators know, and patterns that mean the same to JavaScript and Python.
 */
export function JsonSchema(schema: GivenSchema): PropertyDecorator {
  return (target, property) => {
    const place = `${target.constructor.name}.${String(property)}`;
    const given = modelText(schema, (fault) => {
      throw new EventDefinitionError(
        `@JsonSchema of ${place} can't be published: ${fault}. Services in other languages would read it.`,
      );
    });
    Reflect.defineMetadata(METADATA, given, target, property);
  };
}

/** What `@JsonSchema` says of a class's property, or of an inherited one. */
export function givenSchemaOf(
  type: { readonly prototype: object },
  property: string,
): Keywords | undefined {
  return Reflect.getMetadata(METADATA, type.prototype, property) as Keywords | undefined;
}
