import { isJsonObject, type JsonObject } from './json-object.js';

/**
 * Why a property can't say which entity an event is about, in a sentence, as far as the JSON Schema of its payload says
 * it: each value must be there, and be a text or a number.
 *
 * @returns `undefined` where nothing is wrong, or the schema does not say.
 */
export function faultOfKeyIn(name: string, key: string, schema: JsonObject): string | undefined {
  const { properties, required, additionalProperties } = schema;
  if (!isJsonObject(properties)) return undefined;
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  const why =
    property === undefined
      ? additionalProperties === false
        ? `has no such property (${Object.keys(properties).join(', ')})`
        : undefined
      : whyUnfit(property, Array.isArray(required) && required.includes(key), isJoined(schema));
  if (why === undefined) return undefined;
  return (
    `'${name}' has the key '${key}', and its schema ${why}. Name a property that each of its events has, and that ` +
    'is a text or a number: it says which entity the event is about.'
  );
}

/** Other schemas that hold for the same object may require more. */
function isJoined({ allOf, anyOf, oneOf }: JsonObject): boolean {
  return [allOf, anyOf, oneOf].some((one) => one !== undefined);
}

function whyUnfit(property: unknown, isRequired: boolean, isJoined: boolean): string | undefined {
  const type = isJsonObject(property) ? property.type : undefined;
  const types = [type].flat().filter((one): one is string => typeof one === 'string');
  const others = types.filter((one) => !['string', 'number', 'integer'].includes(one));
  if (others.length > 0) return `lets it be of the type ${others.join(', ')}`;
  return isRequired || isJoined ? undefined : 'lets it be left out';
}
