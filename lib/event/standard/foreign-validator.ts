import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { InvalidProperty } from '../../fire-errors.js';
import { copyOfJson, findUncarried, valueAt } from './carried-values.js';
import { refusingUnknown } from './closed-arktype.js';
import { findDifferences } from './differences.js';
import { checkAgainst, type CheckAgainst } from './json-schema-check.js';
import type { JsonObject } from './json-object.js';
import { publishedForm } from './published-form.js';
import { faultOfKeyIn } from './unfit-key.js';
import { findUnfit } from './unfit-schemas.js';

/** A schema of another library than class-validator (any Standard Schema) that says what an event's payload is. */
export interface ForeignValidator {
  /** What the library calls itself: `zod`. */
  readonly vendor: string;
  /**
   * What the start refuses, in sentences: what changes values, or lets through what JSON can't carry back; a key that
   * is no property which each event has.
   */
  faults(): readonly string[];
  /** What the start tells of, in sentences: rules that are not published. */
  warnings(): readonly string[];
  /** The payload as JSON Schema (draft 7), for publishing; `undefined` where the library says none. */
  jsonSchema(): JsonObject | undefined;
  /**
   * What is wrong with a payload: what breaks a rule of the schema or of what is published of it, properties that
   * the schema does not know, at every depth, and values that would not come back as they were given.
   *
   * @returns a promise only where the schema gives one.
   * @throws, or rejects with, what the schema's own functions throw, unless what is published refuses the payload, too.
   */
  findInvalid(payload: object): InvalidProperty[] | Promise<InvalidProperty[]>;
}

/**
 * Makes a validator of any Standard Schema. What it refuses and what it publishes is found out at the first need, as
 * a schema may name others that are not there yet.
 *
 * @param name of the event, for what is said about it.
 * @param key the property that says which entity the event is about.
 */
export function foreignValidator(
  name: string,
  schema: StandardSchemaV1,
  key?: string,
): ForeignValidator {
  const { vendor } = schema['~standard'];
  let published: Published | undefined;
  const publish = () => (published ??= publishedOf(name, schema));
  let closed: StandardSchemaV1 | undefined;
  const validate = (value: unknown) => {
    closed ??= publish().check ? schema : refusingUnknown(schema);
    return closed['~standard'].validate(value);
  };
  return {
    vendor,
    faults: () => {
      const unfit = findUnfit(name, schema);
      if (unfit.length > 0 || key === undefined) return unfit;
      // Not kept: what it refers to may not be there yet.
      const { jsonSchema } = published ?? publishedOf(name, schema);
      const unfitKey = jsonSchema && faultOfKeyIn(name, key, jsonSchema);
      return unfitKey === undefined ? [] : [unfitKey];
    },
    warnings: () => publish().warnings,
    jsonSchema: () => publish().jsonSchema,
    findInvalid: (payload) => {
      const uncarried = findUncarried(payload);
      if (uncarried.length > 0) return uncarried;
      // Its own copy: a schema may change what it validates.
      const given = copyOfJson(payload);
      const judge = (outcome: StandardSchemaV1.Result<unknown>) =>
        judged(given, outcome, vendor, publish().check);
      const judgeThrown = (error: unknown) => judgedByPublished(given, error, publish().check);
      let result: ReturnType<typeof validate>;
      try {
        result = validate(copyOfJson(given));
      } catch (error) {
        return judgeThrown(error);
      }
      return result instanceof Promise ? result.then(judge, judgeThrown) : judge(result);
    },
  };
}

interface Published {
  readonly jsonSchema?: JsonObject;
  readonly check?: CheckAgainst;
  readonly warnings: readonly string[];
}

function publishedOf(name: string, schema: StandardSchemaV1): Published {
  const { vendor } = schema['~standard'];
  try {
    const form = publishedForm(schema);
    if (form === undefined) return unpublished(name, vendor, 'it has no Standard JSON Schema');
    const { jsonSchema, left } = form;
    const check = checkAgainst(jsonSchema);
    if (left.length === 0) return { jsonSchema, check, warnings: [] };
    const text = `What is published of '${name}' leaves out rules that only ${vendor} knows: ${left.join(', ')}.`;
    return { jsonSchema, check, warnings: [text] };
  } catch (error) {
    return unpublished(name, vendor, error instanceof Error ? error.message : String(error));
  }
}

function unpublished(name: string, vendor: string, reason: string): Published {
  const text =
    `The schema that is published of '${name}' says nothing of its properties, as ${vendor} gives no JSON Schema ` +
    `of it (${reason}). Others can send and read it all the same, unchecked.`;
  return { warnings: [text] };
}

function judged(
  given: object,
  outcome: StandardSchemaV1.Result<unknown>,
  vendor: string,
  check: CheckAgainst | undefined,
): InvalidProperty[] {
  if (outcome.issues) return outcome.issues.map((issue) => findingOf(issue, given, vendor));
  const { changed, removed } = findDifferences(given, outcome.value);
  if (changed.length > 0) return [...changed, ...removed];
  // A library may take out of a union's value what only a later branch knows: what is published knows them all.
  return check ? check(given) : removed;
}

/**
 * What is wrong with a payload that a library threw at. Zod does so where it measures what is of another type; that is
 * no fault of the program, whose own functions are the others that can throw.
 *
 * @throws what was thrown, where what is published says nothing against the payload.
 */
function judgedByPublished(
  given: object,
  error: unknown,
  check: CheckAgainst | undefined,
): InvalidProperty[] {
  const found = check?.(given) ?? [];
  if (found.length === 0) throw error;
  return found;
}

function findingOf(
  { path = [], message }: StandardSchemaV1.Issue,
  given: object,
  vendor: string,
): InvalidProperty {
  const names = path.map((part) => (typeof part === 'object' ? part.key : part)).map(String);
  return {
    path: names.join('.'),
    value: valueAt(given, names),
    constraints: { [vendor]: message },
  };
}
