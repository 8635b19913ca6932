import { isDeepStrictEqual } from 'node:util';
import type { Type } from '@nestjs/common';
import { modelOf } from '../class-model.js';
import { hasDefault, makeEmpty } from '../empty-instance.js';
import { findChangedProperty } from '../round-trip.js';
import { compileSchema } from './compile-schema.js';
import type { PropertySchema } from './property-schema.js';

interface Default {
  readonly isRequired: boolean;
  /** What is published: what each empty instance has, where that is plain JSON. */
  readonly value?: { readonly value: unknown };
}

/** Whether a property must be given, and what it has where it is not. */
export function defaultOf(
  type: Type<object>,
  property: string,
  { schema, isRequired }: PropertySchema,
): Default {
  if (!hasDefault(type, property)) return { isRequired };
  if (isRefused(type, property)) return { isRequired: true };
  const [one, other] = [makeEmpty(type).instance, makeEmpty(type).instance].map((instance) =>
    valueOf(instance, property),
  );
  const text = jsonOf(one);
  // A date, an id that is made anew.
  if (text === undefined || !isDeepStrictEqual(one, other)) return { isRequired: false };
  const value: unknown = JSON.parse(text);
  if (!isDeepStrictEqual(value, one)) return { isRequired: false };
  if (!JSON.stringify(schema).includes('"$ref"') && !compileSchema(schema)(value)) {
    return { isRequired: true };
  }
  return { isRequired: false, value: { value } };
}

/** Whether what an empty instance has is refused when it is fired: then something else must be given. */
function isRefused(type: Type<object>, property: string): boolean {
  const model = modelOf(type).properties.get(property);
  const { instance } = makeEmpty(type);
  return model !== undefined && findChangedProperty(instance, type, model).length > 0;
}

// A getter may need what an instance without values has not.
function valueOf(instance: object, property: string): unknown {
  try {
    return (instance as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
