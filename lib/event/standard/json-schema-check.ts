import type { ErrorObject } from 'ajv';
import type { InvalidProperty } from '../../fire-errors.js';
import { compileSchema } from '../schema/compile-schema.js';
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
  const { instancePath, keyword, params, message = 'does not satisfy it' } = error;
  const parts = instancePath.split('/').slice(1).map(unescapePart);
  if (keyword === 'additionalProperties') {
    const { additionalProperty: name } = params as { additionalProperty: string };
    const constraints = { whitelistValidation: `property ${name} should not exist` };
    return {
      path: [...parts, name].join('.'),
      value: valueAt(payload, [...parts, name]),
      constraints,
    };
  }
  const constraints = { published: `${message}, by the schema that is published of the event` };
  return { path: parts.join('.'), value: valueAt(payload, parts), constraints };
}

// A JSON pointer.
function unescapePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
