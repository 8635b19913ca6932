import type { EventDefinition } from '../../../event/event.decorator.js';
import { eventSchema } from '../../../schema/bus-schema.js';

type Json = Readonly<Record<string, unknown>>;

/** An event as AsyncAPI describes it. */
export interface EventMessageParts {
  /** What is in `components.messages`. */
  readonly message: Json;
  /** What is in `components.schemas`: the payload. */
  readonly payload: Json;
}

const TEXT = { type: 'string' };

/** What `bus.headers` adds. */
const SIDE_FIELD: Json = {
  type: 'object',
  description:
    'One JSON value in the field with the empty name, where the sender has added something.',
  properties: {
    firedAt: { ...TEXT, format: 'date-time' },
    correlationId: TEXT,
    causationId: {
      ...TEXT,
      description: 'Id of the event that was handled when it was fired.',
    },
    traceparent: { ...TEXT, description: 'W3C trace context.' },
    tracestate: TEXT,
    headers: { type: 'object', description: 'Headers of the application.' },
  },
};

/** What stands beside the payload in an entry that the message came from. */
function headersOf(
  apiName: string,
  eventName: string,
  version: number | undefined,
  hasSideField: boolean,
): Json {
  return {
    type: 'object',
    description:
      "The fields of the stream's entry beside the parameters, each of which is in a field ':<name>', as JSON.",
    properties: {
      id: { ...TEXT, description: 'Id of the event, which a copy of it keeps.' },
      api_name: { const: apiName },
      event_name: { const: eventName },
      version: {
        ...TEXT,
        pattern: '^[0-9]+$',
        description: 'Version of the event. Streams hold earlier ones, too.',
        ...(version !== undefined && { examples: [String(version)] }),
      },
      ...(hasSideField && { '': SIDE_FIELD }),
    },
    required: ['id', 'api_name', 'event_name', 'version'],
  };
}

/**
 * The message of an event whose class is known.
 *
 * @param schemaRef where its payload is put: `#/components/schemas/…`.
 * @param hasSideField Whether its sender writes the field with the empty name (`bus.headers`).
 */
export function messageOf(
  definition: EventDefinition,
  schemaRef: string,
  hasSideField: boolean,
): EventMessageParts {
  const { apiName, eventName, canonicalName, version, key } = definition;
  return {
    message: {
      name: canonicalName,
      title: definition.type.name,
      contentType: 'application/json',
      headers: headersOf(apiName, eventName, version, hasSideField),
      payload: { $ref: schemaRef },
      'x-version': version,
      ...(key !== undefined && { 'x-key': key }),
    },
    payload: withReferences(eventSchema(definition).parameters, schemaRef) as Json,
  };
}

/** The message of an event that is known by its name only. */
export function messageByName(apiName: string, eventName: string, hasSideField: boolean): Json {
  const name = `${apiName}.${eventName}`;
  return {
    name,
    description: 'Nothing in this application says what its parameters are.',
    contentType: 'application/json',
    headers: headersOf(apiName, eventName, undefined, hasSideField),
    payload: { type: 'object' },
  };
}

/** Keywords whose value is data, in which nothing is a reference. */
const DATA = new Set(['const', 'enum', 'examples', 'default', 'required']);
/** Keywords whose value is schemas by name. */
const NAMED = new Set(['properties', 'patternProperties', 'definitions']);

/** A schema in a document of its own, put into another document: what it refers to is there now. */
function withReferences(node: unknown, root: string): unknown {
  if (Array.isArray(node)) return node.map((one) => withReferences(one, root));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([keyword, value]: [string, unknown]) => {
    return [keyword, withReferencesIn(keyword, value, root)] as const;
  });
  return Object.fromEntries(entries);
}

function withReferencesIn(keyword: string, value: unknown, root: string): unknown {
  if (DATA.has(keyword)) return value;
  if (keyword === '$ref' && typeof value === 'string') {
    return value.startsWith('#') ? root + value.slice(1) : value;
  }
  if (!NAMED.has(keyword) || typeof value !== 'object' || value === null) {
    return withReferences(value, root);
  }
  const schemas = Object.entries(value).map(([name, schema]: [string, unknown]) => {
    return [name, withReferences(schema, root)] as const;
  });
  return Object.fromEntries(schemas);
}
