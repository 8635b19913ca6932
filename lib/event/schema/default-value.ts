import { isDeepStrictEqual } from 'node:util';
import type { Type } from '@nestjs/common';
import { stringify } from '../../wire/json-writer.js';
import { modelOf } from '../class-model.js';
import { toPlain } from '../compiled/writer.js';
import { hasDefault, makeEmpty } from '../empty-instance.js';
import { findChangedProperty } from '../round-trip.js';
import { compileSchema } from './compile-schema.js';
import type { JsonSchema } from './json-schema.js';
import type { PropertySchema } from './property-schema.js';

interface Default {
  readonly isRequired: boolean;
  /** What is published: what each empty instance has, where that is plain JSON. */
  readonly value?: { readonly value: unknown };
}

/**
 * Whether a property must be given, and what it has where it is not.
 *
 * @param definitions what the property's schema refers to, as far as it is known yet.
 */
export function defaultOf(
  type: Type<object>,
  property: string,
  { schema, isRequired }: PropertySchema,
  definitions: Readonly<Record<string, JsonSchema>>,
): Default {
  if (!hasDefault(type, property)) return { isRequired };
  if (isRefused(type, property)) return { isRequired: true };
  const [one, other] = [makeEmpty(type).instance, makeEmpty(type).instance].map((instance) =>
    valueOf(instance, property),
  );
  const sent = wireForm(type, property, one);
  if (sent === undefined) return { isRequired: false };
  // Beside a $ref, readers of draft 7 see nothing.
  if (!compileSchema({ allOf: [schema], definitions })(sent.value)) return { isRequired: true };
  // A date, an id that is made anew, what a @Transform writes otherwise.
  const isPlain = isDeepStrictEqual(one, other) && isDeepStrictEqual(sent.value, one);
  return isPlain ? { isRequired: false, value: sent } : { isRequired: false };
}

/** Whether what an empty instance has is refused when it is fired: then something else must be given. */
function isRefused(type: Type<object>, property: string): boolean {
  const model = modelOf(type).properties.get(property);
  const { instance } = makeEmpty(type);
  try {
    return model !== undefined && findChangedProperty(instance, type, model).length > 0;
  } catch {
    // What holds itself has no end.
    return true;
  }
}

/** What is sent of a property that has a value. */
function wireForm(
  type: Type<object>,
  property: string,
  value: unknown,
): { readonly value: unknown } | undefined {
  const sentAs = modelOf(type).properties.get(property)?.sentAs;
  if (sentAs === undefined) return undefined;
  // Without the others: one of them may be what can't be written.
  const instance = Object.create(type.prototype as object) as object;
  try {
    Object.defineProperty(instance, property, { value, enumerable: true });
    return { value: JSON.parse(stringify(toPlain(instance)[sentAs])) as unknown };
  } catch {
    return undefined;
  }
}

// A getter may need what an instance without values has not.
function valueOf(instance: object, property: string): unknown {
  try {
    return (instance as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}
