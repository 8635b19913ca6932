import { Ajv, type Options, type ValidateFunction } from 'ajv';
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
  schemas ??= makeAjv({});
  if (schemas.validateSchema(schema) !== true) {
    throw new Error(`schema is invalid: ${schemas.errorsText()}`);
  }
  // A new one each time: it would keep all schemas.
  return makeAjv({ strictSchema: isStrict, validateSchema: false }).compile(schema);
}

// It keeps nothing of what it validates. Each new one would compile the schema of schemas again, which takes longer
// than most schemas of properties, and an application has hundreds of those.
let schemas: Ajv | undefined;

function makeAjv(options: Options): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    ownProperties: true,
    logger: false,
    ...options,
  });
  addFormats.default(ajv);
  return compareAsJson(ajv);
}
