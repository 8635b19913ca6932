import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { reasonOf } from '../../event/reason.js';
import { pathOf } from '../../event/schema/error-path.js';
import { compareAsJson } from '../../event/schema/json-equality.js';
import { withoutBigints } from '../../event/schema/without-bigints.js';
import { valueAt } from '../../event/standard/carried-values.js';
import type { InvalidProperty } from '../../fire-errors.js';
import { limited } from './limited.js';

/**
 * What of an event's parameters a schema refuses; empty for valid ones.
 *
 * @throws UnusableSchemaError where the schema takes too long, or has no end.
 */
export type SchemaCheck = (parameters: Readonly<Record<string, unknown>>) => InvalidProperty[];

/** A schema that nothing can be validated with, and why. */
export class UnusableSchemaError extends Error {}

/** Longest that a schema may hold this process up: once, as it is ignored from then on. */
const LONGEST_JUDGEMENT_MS = 500;
/** Its size bounds what compiling takes; this is for what nobody has thought of. */
const LONGEST_COMPILATION_MS = 5_000;
/** Depth of objects and lists in a schema; it bounds what recursion in Ajv takes. */
const DEEPEST = 64;
/** The same of a value that is validated. Python's workers read none that is as deep. */
const DEEPEST_VALUE = 500;
/** Most objects and lists in the schema of one event: of a few thousand Ajv makes megabytes of code. */
const MOST_NODES = 2_000;

/** Keywords whose cost is not bounded by the sizes of schema and value. */
const UNBOUNDED: ReadonlySet<string> = new Set(['$ref', 'pattern', 'patternProperties']);

/**
 * Makes of a schema that somebody has published a function that validates the parameters of an event, as Python
 * Lightbus does: JSON Schema draft 7, where formats say nothing and NaN is a number. Schemas of our own are compiled apart, without the bounds on
 * size and time that this one has.
 *
 * @param schema as published: anything.
 * @throws UnusableSchemaError for what is no schema, another draft, too large or refers to elsewhere.
 */
export function compileSchema(schema: unknown): SchemaCheck {
  const { isUnbounded, usable } = survey(schema);
  const validate = make(usable);
  const judge = (parameters: object): InvalidProperty[] =>
    validate(parameters) ? [] : describe(validate.errors ?? [], parameters);
  return (parameters) => {
    const tooDeep = deeperThan(DEEPEST_VALUE, parameters);
    if (tooDeep !== undefined) return [tooDeep];
    const numbers = withoutBigints(parameters) as object;
    try {
      return isUnbounded ? limited(() => judge(numbers), LONGEST_JUDGEMENT_MS) : judge(numbers);
    } catch (error) {
      // A recursion without an end exhausts the stack.
      throw new UnusableSchemaError(reasonOf(error), { cause: error });
    }
  };
}

function make(schema: Record<string, unknown>): ValidateFunction {
  const ajv = new Ajv({
    strict: false,
    strictNumbers: false,
    validateFormats: false,
    allErrors: true,
    // What objects inherit, such as 'constructor', is no parameter.
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign(compilePattern, { code: '' }) },
  });
  try {
    return limited(() => compareAsJson(ajv).compile(schema), LONGEST_COMPILATION_MS);
  } catch (error) {
    throw new UnusableSchemaError(reasonOf(error), { cause: error });
  }
}

// Python names its groups in its own way; and not every pattern is one with the flag that Ajv sets.
function compilePattern(pattern: string, flags: string): RegExp {
  const source = pattern.replaceAll('(?P<', '(?<');
  try {
    return new RegExp(source, flags);
  } catch {
    return new RegExp(source);
  }
}

interface Survey {
  readonly usable: Record<string, unknown>;
  readonly isUnbounded: boolean;
}

const DRAFT_7_OR_EARLIER = /^https?:\/\/json-schema\.org\/(draft-0[3-7]\/)?schema#?$/;

function isDraft7(name: unknown): boolean {
  return typeof name === 'string' && DRAFT_7_OR_EARLIER.test(name);
}

function survey(schema: unknown): Survey {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new UnusableSchemaError('it is no object');
  }
  const { $schema, ...usable } = schema as Record<string, unknown>;
  if ($schema !== undefined && !isDraft7($schema)) {
    throw new UnusableSchemaError('it is of another draft of JSON Schema than 7');
  }
  let nodes = 0;
  let isUnbounded = false;
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEEPEST)
      throw new UnusableSchemaError(`it is nested more than ${DEEPEST} levels deep`);
    if (++nodes > MOST_NODES) throw new UnusableSchemaError('it is too large');
    for (const [key, inner] of Object.entries(value)) {
      if (UNBOUNDED.has(key)) isUnbounded = true;
      look(inner, depth + 1);
    }
  };
  look(usable, 0);
  // Ajv would make a promise of it.
  if ('$async' in usable) throw new UnusableSchemaError('it has the keyword $async');
  return { usable, isUnbounded };
}

/** The property that is nested more deeply than anything can be validated: no fault of the schema. */
function deeperThan(
  levels: number,
  parameters: Readonly<Record<string, unknown>>,
): InvalidProperty | undefined {
  const isDeeper = (value: unknown, left: number): boolean =>
    typeof value === 'object' &&
    value !== null &&
    (left === 0 || Object.values(value).some((inner) => isDeeper(inner, left - 1)));
  for (const [path, value] of Object.entries(parameters)) {
    if (!isDeeper(value, levels)) continue;
    const constraints = { validation: `${path} is nested more than ${levels} levels deep` };
    return { path, value: undefined, constraints };
  }
  return undefined;
}

/** One finding for each property. */
function describe(errors: readonly ErrorObject[], parameters: object): InvalidProperty[] {
  const found = new Map<string, InvalidProperty>();
  for (const error of errors) {
    const names = pathOf(error);
    const path = names.join('.');
    const { keyword, message = 'is invalid' } = error;
    const constraints = found.get(path)?.constraints ?? {};
    const before = Object.hasOwn(constraints, keyword) ? constraints[keyword] : undefined;
    // Of alternatives, each says what it would take.
    const text = before === undefined || before === message ? message : `${before} or ${message}`;
    found.set(path, {
      path,
      value: valueAt(parameters, names),
      constraints: { ...constraints, [keyword]: text },
    });
  }
  return [...found.values()];
}
