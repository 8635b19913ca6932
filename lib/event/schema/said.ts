import type { Type } from '@nestjs/common';
import type { JsonSchema } from './json-schema.js';

/** What a schema says of a rule, or of a property. */
export interface Said {
  /** What is sent satisfies it. */
  readonly schema: JsonSchema;
  /** Whether it says all: a value that satisfies it keeps the rule. */
  readonly isWhole: boolean;
  /** Whether the rule alone sees to it: no value keeps it that does not satisfy the schema. */
  readonly isKept: boolean;
  /** Whether the rule takes null. */
  readonly takesNull?: true;
  /** Whether the rule takes undefined: a property that is not there. */
  readonly takesUndefined?: true;
}

/** The schema says what the rule says. */
export function whole(schema: JsonSchema): Said {
  return { schema, isWhole: true, isKept: true };
}

/** The rule refuses more than the schema can say. */
export function part(schema: JsonSchema): Said {
  return { schema, isWhole: false, isKept: true };
}

/** The schema refuses some values that the rule takes: they are looked for when an event is fired. */
export function narrower(schema: JsonSchema): Said {
  return { schema, isWhole: true, isKept: false };
}

/** Nothing is known of the rule. */
export const UNKNOWN: Said = {
  ...part({}),
  takesNull: true,
  takesUndefined: true,
};

/**
 * What a value is beside what is sent of it. `json`: the same. `date`, `bigint`, `object` (of a class), `collection` (a
 * set, a map) and `other` built-in ones: something else. `any`: nobody knows, as a `@Transform` makes it.
 */
export type Stands = 'json' | 'date' | 'bigint' | 'object' | 'collection' | 'other' | 'any';

/** Where a rule is applied. */
export interface Applied {
  readonly stands: Stands;
  /** The class of the value, where it has one. */
  readonly type?: unknown;
  /** Whether it may be a number that JSON has not, of which no schema can say anything. */
  readonly mayBeNonFinite?: boolean;
}

/** Says of which of several classes an object is. */
export interface Label {
  readonly name: string;
  add(schema: JsonSchema): JsonSchema;
}

/** Makes the schema of one value of a class. */
export type ObjectSchema = (type: Type<object>, isValidated: boolean, label?: Label) => Said;
