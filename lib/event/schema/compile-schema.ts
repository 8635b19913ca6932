import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './json-schema.js';

/**
 * Makes a validator of a schema of draft 7, with the formats that ajv-formats knows.
 *
 * @throws Error for what is no schema.
 */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  // A new one each time: it would keep all schemas.
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}
