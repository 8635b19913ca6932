import { warningsOfReceived } from '../event/class-survey.js';
import { getEventDefinition } from '../event/event.decorator.js';
import type { EventRegistry } from '../event/event-registry.js';
import { describeSecondCopies } from '../event/second-copies.js';
import { selectedTypes } from '../listener/handler-registry.js';
import type { Listener } from '../listener/listener.js';
import { projectMethods } from '../projections/project.decorator.js';
import type { Stores } from '../store/stores.js';

/** What is to be warned of at the start: event classes of which there is a second copy. */
export function secondCopies(registry: EventRegistry): string[] {
  const owned = registry.all().map(({ type }) => type);
  const projected = projectMethods
    .all()
    .flatMap(({ metadata }) => metadata.flat().flatMap(({ type }) => type ?? []));
  const known = new Set([...owned, ...selectedTypes(), ...projected]);
  return describeSecondCopies([...known]);
}

/**
 * What is to be warned of at the start: what the classes that listeners select can't hold of what arrives. Each class
 * once, however many listeners select it; of those that are fired here, the bus tells.
 */
export function lossesOf(
  listeners: readonly Listener[],
  registry: EventRegistry,
  stores: Stores,
): string[] {
  const owned = new Set<unknown>(registry.all().map(({ type }) => type));
  const selected = listeners.flatMap(({ selections }) => selections.map(({ type }) => type));
  return [...new Set(selected)].flatMap((type) => {
    const definition = type && !owned.has(type) ? getEventDefinition(type) : undefined;
    if (!definition) return [];
    const { cast_values: cast, validate } = stores.forApi(definition.apiName).settings;
    return [...warningsOfReceived(definition, { cast, validate: validate.incoming })];
  });
}
