import type { Type } from '@nestjs/common';
import type { ErrorObject } from 'ajv';
import type { InvalidProperty } from '../../fire-errors.js';
import { parse } from '../../wire/json-reader.js';
import { stringify } from '../../wire/json-writer.js';
import { reasonOf } from '../reason.js';
import { perClass } from '../compiled/per-class.js';
import { findBareNumbers, isAsDeclared } from './bare-numbers.js';
import { classSchemaOf } from './class-schema.js';
import { compileSchema } from './compile-schema.js';
import { pathOf } from './error-path.js';
import { withoutBigints } from './without-bigints.js';

/**
 * What of an event's parameters, as they are written, does not satisfy the published schema though the class's rules take it:
 * a list whose items are equal, a text of another form than `@JsonSchema` says, a number that JSON has not and a getter
 * gives. A class whose rules alone see to it costs nothing.
 */
export function findUnpublished(
  type: Type<object>,
  parameters: Readonly<Record<string, unknown>>,
): InvalidProperty[] {
  return checkOf(type)(parameters);
}

type Check = (parameters: Readonly<Record<string, unknown>>) => InvalidProperty[];

const NOTHING_FOUND: InvalidProperty[] = [];

const checkOf = perClass((type): Check => {
  const check = schemaCheckOf(type);
  if (isAsDeclared(type)) return check;
  return (parameters) => {
    const found = findBareNumbers(type, parameters);
    return found.length > 0 ? found : check(parameters);
  };
});

function schemaCheckOf(type: Type<object>): Check {
  const { schema, toCheck } = classSchemaOf(type);
  if (toCheck.length === 0) return () => NOTHING_FOUND;
  const { properties = {}, required = [], definitions } = schema;
  const isValid = compileSchema({
    properties: Object.fromEntries(toCheck.map((name) => [name, properties[name] ?? {}])),
    required: required.filter((name) => toCheck.includes(name)),
    ...(definitions && { definitions }),
  });
  return (parameters) => {
    const sent: Record<string, unknown> = {};
    for (const name of toCheck) {
      const value = parameters[name];
      if (value === undefined) continue;
      const written = wireForm(value);
      // What can't be written is refused where it is written.
      if (written === undefined) return [];
      sent[name] = written.value;
    }
    try {
      return isValid(sent) ? [] : findings(isValid.errors ?? [], parameters);
    } catch (error) {
      return [uncompared(toCheck, parameters, error)];
    }
  };
}

// A value so deep that comparing it exhausts the stack.
function uncompared(
  names: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
  error: unknown,
): InvalidProperty {
  const path = names.length === 1 ? (names[0] ?? '') : '';
  const text = `can't be compared with the published schema (${reasonOf(error)})`;
  return {
    path,
    value: path === '' ? undefined : parameters[path],
    constraints: { jsonSchema: `${path || names.join(' or ')} ${text}` },
  };
}

function wireForm(value: unknown): { readonly value: unknown } | undefined {
  try {
    return { value: read(stringify(value)) };
  } catch {
    return undefined;
  }
}

// Where numbers are bare, JSON.parse reads nothing. Ajv knows no bigints.
function read(text: string): unknown {
  return BARE.test(text) ? withoutBigints(parse(text)) : JSON.parse(text);
}

const BARE = /NaN|Infinity/;

function findings(
  errors: readonly ErrorObject[],
  parameters: Readonly<Record<string, unknown>>,
): InvalidProperty[] {
  const found = new Map<string, InvalidProperty>();
  for (const error of errors) {
    const path = pathOf(error);
    const name = path.join('.');
    if (found.has(name)) continue;
    const text = `${path.at(-1) ?? 'it'} ${error.message ?? 'is not as published'}, as the published schema says`;
    found.set(name, {
      path: name,
      value: parameters[path[0] ?? ''],
      constraints: { jsonSchema: text },
    });
  }
  return [...found.values()];
}
