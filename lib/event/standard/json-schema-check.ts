import type { ErrorObject } from 'ajv';
import type { InvalidProperty } from '../../fire-errors.js';
import { compileSchema } from '../schema/compile-schema.js';
import { pathOf } from '../schema/error-path.js';
import { valueAt } from './carried-values.js';
import type { JsonObject } from './json-object.js';

/** What of a payload does not satisfy what is published of its event. */
export type CheckAgainst = (payload: object) => InvalidProperty[];

/**
 * Checks payloads against a JSON Schema, so that nothing is fired that readers who validate would refuse: libraries
 * and JSON Schema count characters and multiples differently.
 *
 * @throws where the schema is none.
 */
export function checkAgainst(jsonSchema: JsonObject): CheckAgainst {
  const validate = compileSchema(jsonSchema);
  return (payload) => {
    if (validate(payload)) return [];
    return (validate.errors ?? []).map((error) => findingOf(error, payload));
  };
}

function findingOf(error: ErrorObject, payload: object): InvalidProperty {
  const { keyword, message = 'does not satisfy it' } = error;
  const path = pathOf(error);
  const constraints: Record<string, string> =
    keyword === 'additionalProperties'
      ? { whitelistValidation: `property ${path.at(-1)} should not exist` }
      : { published: `${message}, by the schema that is published of the event` };
  return { path: path.join('.'), value: valueAt(payload, path), constraints };
}
