import { Ajv, type ErrorObject } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { InvalidProperty } from '../../fire-errors.js';
import { valueAt } from './carried-values.js';
import type { JsonObject } from './json-object.js';

/** What of a payload does not satisfy what is published of its event. */
export type CheckAgainst = (payload: object) => InvalidProperty[];

let ajv: Ajv | undefined;

/**
 * Checks payloads against a JSON Schema, so that nothing is fired that readers who validate would refuse: libraries
 * and JSON Schema count characters and multiples differently.
 *
 * @throws where the schema is none.
 */
export function checkAgainst(jsonSchema: JsonObject): CheckAgainst {
  ajv ??= new Ajv({ strict: false, allErrors: true, formats: fullFormats, logger: false });
  const validate = ajv.compile(jsonSchema);
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
