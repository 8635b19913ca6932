import { isKey } from '../entity.js';
import { combineKeywords } from './combine-keywords.js';
import { NOTHING, type JsonSchema } from './json-schema.js';

/** Halves of surrogate pairs all are one on the wire. Ajv (with the flag `u`) and Python's `re` read it alike. */
const TEXT: JsonSchema = { type: 'string', pattern: '^[^\\ud800-\\udfff]*$' };
const TEXT_OR_NUMBER: JsonSchema = { anyOf: [TEXT, { type: 'number' }] };

/**
 * The schema of an event that must say which entity it is about: its key is there, and a text or a number, whatever
 * else its class takes.
 *
 * @param parameter the key's name on the wire.
 * @param isGivenAnyway whether the class gives it a key where nothing else is given.
 */
export function withKey(schema: JsonSchema, parameter: string, isGivenAnyway: boolean): JsonSchema {
  const { properties = {}, required = [], additionalProperties } = schema;
  const unnamed = additionalProperties === false ? NOTHING : keySchema({});
  const own = Object.hasOwn(properties, parameter) ? properties[parameter] : undefined;
  return {
    ...schema,
    properties: { ...properties, [parameter]: own ? keySchema(own) : unnamed },
    ...(!isGivenAnyway && { required: [...new Set([...required, parameter])] }),
  };
}

function keySchema(own: JsonSchema): JsonSchema {
  const { default: preset, anyOf, ...others } = own;
  const alternatives = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [first, ...more] = alternatives;
  const parts = [others, ...(more.length > 0 ? [{ anyOf: alternatives }] : first ? [first] : [])];
  const schema = restricted(combineKeywords(parts.filter(isTelling)));
  return isKey(preset) ? { ...schema, default: preset } : schema;
}

function restricted(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (values) {
    const keys = values.filter(isKey);
    return keys.length === 0 ? NOTHING : { ...schema, enum: keys };
  }
  if (type === 'number' || type === 'integer') return schema;
  return combineKeywords([schema, type === 'string' ? TEXT : TEXT_OR_NUMBER]);
}

/** Whether a schema says more than that there is something. */
function isTelling(schema: JsonSchema): boolean {
  const keywords = Object.keys(schema);
  return keywords.length > 1 || (keywords.length === 1 && schema.not?.type !== 'null');
}
