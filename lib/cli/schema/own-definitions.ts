import { getEventDefinition, type EventDefinition } from '../../event/event.decorator.js';
import { ownedEvents, scanModules } from '../run/application-modules.js';
import { loadModule } from '../run/load-module.js';

/** The events that an application registers; it is not started. @throws CommandError where there is none. */
export async function ownDefinitions(bus: string | undefined): Promise<EventDefinition[]> {
  const types = ownedEvents(await scanModules(await loadModule(bus)));
  return types.flatMap((type) => getEventDefinition(type) ?? []);
}
