import { EventDefinitionError } from '../errors.js';
import { keyParameterOf } from './entity.js';
import type { EventDefinition } from './event.decorator.js';
import { missingLibraries } from './libraries.js';
import { missingUpcasters } from './upcasters.js';

/**
 * What is wrong with an event class that only its other decorators, or its versions all together, can tell:
 * a version that nothing lifts, a key that is not sent or no text or number; or the schema of `defineEvent`: that it changes values.
 */
export function faultsOf(definition: EventDefinition): string[] {
  const missing = missingUpcasters(definition);
  return [
    ...(missing === undefined ? [] : [missing]),
    ...unfitKey(definition),
    ...(definition.validator?.faults() ?? missingForClasses()),
  ];
}

/** Refuses such a class. @throws EventDefinitionError */
export function requireSound(definition: EventDefinition): void {
  const faults = faultsOf(definition);
  if (faults.length > 0) throw new EventDefinitionError(faults.join(' '));
}

function missingForClasses(): string[] {
  const missing = missingLibraries();
  return missing === undefined ? [] : [missing];
}

function unfitKey(definition: EventDefinition): string[] {
  try {
    keyParameterOf(definition);
    return [];
  } catch (error) {
    if (error instanceof EventDefinitionError) return [error.message];
    throw error;
  }
}
