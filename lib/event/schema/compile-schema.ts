import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { compareAsJson } from './json-equality.js';
import type { JsonSchema } from './json-schema.js';

interface Strictness {
  /** Whether what has no effect in it is an error, as it is to readers that are strict. */
  readonly isStrict?: boolean;
}

/**
 * Makes a validator of a schema of draft 7 that this application has, with the formats that ajv-formats knows. What
 * others publish is compiled apart: it may be hostile, and Python's formats say nothing.
 *
 * @throws Error for what is no schema.
 */
export function compileSchema(
  schema: JsonSchema,
  { isStrict = false }: Strictness = {},
): ValidateFunction {
  // A new one each time: it would keep all schemas.
  const ajv = new Ajv({
    strict: false,
    strictSchema: isStrict,
    allErrors: true,
    ownProperties: true,
    logger: false,
  });
  addFormats.default(ajv);
  return compareAsJson(ajv).compile(schema);
}
