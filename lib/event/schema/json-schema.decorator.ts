import 'reflect-metadata';
import { EventDefinitionError } from '../../errors.js';
import { modelText } from './given-schema.js';
import type { JsonSchema as Keywords } from './json-schema.js';

const METADATA = 'lightbus:json-schema';

/** Keywords of JSON Schema, draft 7, as `@JsonSchema` takes them. */
export type GivenSchema = Keywords & Readonly<Record<string, unknown>>;

/**
 * Says of a property, in JSON Schema (draft 7), what class-validator's rules can't say: what a validator of the
 * application's takes, or what a `@Transform` writes. Its keywords are published in the place of those that the rules give,
 * and the others stay. What is fired must satisfy them too. A `description`, a `title`, a `default` say nothing to validators.
 *
 * @param schema plain JSON, without `$ref`.
 * @throws EventDefinitionError for a schema that is none, or that Python could not read: its patterns must mean
 *   the same to JavaScript and Python.
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
