import { selectEvents, type SelectedEvent } from '../bus/selected-events.js';
import { EventDefinitionError, ListenerDefinitionError } from '../errors.js';
import type { EventClasses, EventSelector, InstanceOf } from '../event/event-selector.js';
import { DecoratedMethods } from '../listener/decorated-methods.js';
import type { EventHandlerDecorator } from '../listener/on-event.decorator.js';
import { tellCopies } from '../listener/package-copies.js';
import { requireMethod } from '../listener/require-method.js';

/** Every method that this copy's `@Project` was applied to, and what it selects. */
export const projectMethods = new DecoratedMethods<readonly SelectedEvent[]>('@Project');

tellCopies(projectMethods);

/**
 * Calls this method of a provider with `(event, message)` for each event that is selected: all that were ever
 * stored, from the beginning at each start, and then those that are stored, in order, one at a time. No consumer
 * group is made, and every process has its own.
 *
 * All methods of one provider are one projection: a read model in memory. A promise that is returned is awaited.
 * Two methods that select the same event are called in the order of their declaration, with the same message. A
 * method that fails stops its projection: see {@link Projections}. Guards, pipes, interceptors and filters do
 * not run.
 *
 * Types are as for `@OnEvent`: with classes, a method compiles only if it takes their instances.
 *
 * @param selectors an event class, `'<api>.<event>'`, `'<api>.*'`, or an array of these.
 * @throws ListenerDefinitionError for no selector, a class without `@Event`, and anything but a named method.
 *   `EventDefinitionError` for a name that breaks Lightbus's rules.
 */
export function Project<const Classes extends EventClasses>(
  selectors: Classes,
): EventHandlerDecorator<InstanceOf<Classes>>;
export function Project(selectors: EventSelector | readonly EventSelector[]): MethodDecorator;
export function Project(selectors: EventSelector | readonly EventSelector[]): MethodDecorator {
  return (target, methodName, descriptor?: PropertyDescriptor) => {
    const method = requireMethod('@Project', target, methodName, descriptor);
    const place = `${target.constructor.name}.${String(methodName)}`;
    const selected = select(selectors, place);
    projectMethods.record(
      { prototype: target, methodName: methodName as string },
      method,
      selected,
    );
  };
}

function select(
  selectors: EventSelector | readonly EventSelector[],
  place: string,
): SelectedEvent[] {
  try {
    return selectEvents(selectors);
  } catch (cause) {
    if (!(cause instanceof EventDefinitionError)) throw cause;
    throw new ListenerDefinitionError(`@Project on ${place}: ${cause.message}`, { cause });
  }
}
