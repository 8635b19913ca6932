import { sentKeyOf } from '../bus/expected-entity.js';
import { InvalidOptionsError } from '../errors.js';
import { encode } from '../event/codec.js';
import { keyParameterOf } from '../event/entity.js';
import type { EventDefinition } from '../event/event.decorator.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { Entity } from './entity-loader.js';

/** What was decided, as a list: an event, several, or none. */
export function eventsOf(decision: unknown): readonly object[] {
  if (decision === undefined || decision === null) return [];
  return Array.isArray(decision) ? (decision as object[]) : [decision];
}

/**
 * Refuses decided events that are about another entity than the one that was decided on.
 *
 * @throws InvalidOptionsError; `UnknownEventError` and `EventDefinitionError` for what can't be fired.
 */
export async function requireOfEntity(
  { definition: { name, apiName, parameter }, key }: Entity<unknown>,
  events: readonly object[],
  registry: EventRegistry,
): Promise<void> {
  for (const event of events) {
    const definition = registry.definitionOf(event);
    const sent = await sentKey(definition, event);
    if (definition.apiName === apiName && keyParameterOf(definition) === parameter) {
      // What has no key that could be sent is refused by the bus, in words.
      if (sent === undefined || sent === key) continue;
    }
    const about =
      sent === undefined
        ? 'is about no entity (its @Event has no key)'
        : `is about ${keyParameterOf(definition) ?? ''} '${sent}' of '${definition.apiName}'`;
    throw new InvalidOptionsError(
      `The function that was given to aggregates.change decided on ${name} '${key}' (${parameter} of '${apiName}'), and ` +
        `returned '${definition.canonicalName}', which ${about}. Nothing was stored. Return events of that entity alone; ` +
        'let a listener fire what follows for others.',
    );
  }
}

async function sentKey(definition: EventDefinition, event: object): Promise<string | undefined> {
  try {
    const { parameters } = await encode(definition, event, { validate: false });
    return sentKeyOf(definition, parameters);
  } catch {
    // The bus says why it can't be sent.
    return undefined;
  }
}
