import type { EventDefinition } from '../../event/event.decorator.js';
import { modelOf } from '../../event/class-model.js';
import { hasValidationMetadata } from '../../event/validation-metadata.js';
import { stringify } from '../../wire/json-writer.js';
import { eventSchema } from '../bus-schema.js';

/** An event of this service, as it is published. */
export interface OwnEvent {
  readonly name: string;
  readonly canonicalName: string;
  readonly version: number;
  /** By version, what lifts it to the next. */
  readonly upcasters: EventDefinition['upcasters'];
  /** As it stands in the schema of its API. */
  readonly description: unknown;
  /** The same, as Python writes it. */
  readonly text: string;
  /** Whether its class says anything of its properties: one that says nothing takes no other description's place. */
  readonly says: boolean;
}

/** How an event is published. */
export function ownEvent(definition: EventDefinition): OwnEvent {
  const { eventName, canonicalName, version, upcasters } = definition;
  const description = eventSchema(definition);
  return {
    ...{ name: eventName, canonicalName, version, upcasters, description },
    text: stringify(description),
    says: saysOf(definition),
  };
}

function saysOf({ type, validator }: EventDefinition): boolean {
  if (validator) return validator.jsonSchema() !== undefined;
  return hasValidationMetadata(type) || modelOf(type).properties.size > 0;
}
