import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { JsonObject } from '../standard/json-object.js';
import type { JsonSchema } from './json-schema.js';
import { addUniqueItems } from './unique-items.js';

/**
 * Makes a validator of a schema (draft 7) that this application has made itself, with the formats that ajv-formats knows.
 * What others publish is compiled apart, as it may be made to hold a process up.
 *
 * @throws Error for what is no schema.
 */
export function compileSchema(schema: JsonSchema | JsonObject): ValidateFunction {
  // A new one each time: it would keep all schemas.
  const ajv = new Ajv({ strict: false, allErrors: true, formats: fullFormats, logger: false });
  addUniqueItems(ajv);
  return ajv.compile(schema);
}
