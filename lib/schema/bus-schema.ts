import type { EventDefinition } from '../event/event.decorator.js';
import { hasKeyByDefault, keyParameterOf } from '../event/entity.js';
import { classSchema } from '../event/schema/class-schema.js';
import type { JsonSchema } from '../event/schema/json-schema.js';
import { withKey } from '../event/schema/key-schema.js';

/** One API as Lightbus publishes it under `schema:<api>`. */
export interface ApiSchema {
  readonly events: Readonly<Record<string, unknown>>;
  readonly rpcs: Readonly<Record<string, unknown>>;
}

/** APIs by name: what Lightbus's `dumpschema` prints. */
export type BusSchema = Readonly<Record<string, ApiSchema>>;

/**
 * An event's parameters as Lightbus describes them. Another version than 1 is in a comment: Lightbus has no place
 * for it, and its validator knows that keyword.
 */
export function eventSchema(definition: EventDefinition): { readonly parameters: JsonSchema } {
  const { type, canonicalName, version, validator } = definition;
  const schema = validator ? (validator.jsonSchema() ?? { type: 'object' }) : classSchema(type);
  const key = keyParameterOf(definition);
  return {
    parameters: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: `Event ${canonicalName} parameters`,
      ...(version !== 1 && { $comment: `version ${version}` }),
      ...(key === undefined ? schema : withKey(schema, key, hasKeyByDefault(definition))),
    },
  };
}

/** The schemas of events, by API. */
export function schemaOfEvents(definitions: readonly EventDefinition[]): BusSchema {
  const apiNames = [...new Set(definitions.map(({ apiName }) => apiName))];
  return Object.fromEntries(
    apiNames.map((apiName) => {
      const events = definitions
        .filter((definition) => definition.apiName === apiName)
        .map((definition) => [definition.eventName, eventSchema(definition)] as const);
      return [apiName, { events: Object.fromEntries(events), rpcs: {} }];
    }),
  );
}

/** Both, where an event or a remote procedure that both describe is described by `stronger`. */
export function mergeSchemas(weaker: BusSchema, stronger: BusSchema): BusSchema {
  const names = [...new Set([...Object.keys(weaker), ...Object.keys(stronger)])];
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        events: { ...weaker[name]?.events, ...stronger[name]?.events },
        rpcs: { ...weaker[name]?.rpcs, ...stronger[name]?.rpcs },
      },
    ]),
  );
}
