import { describeMistakes, type OnEventOptions } from '../config/options/listener.options.js';
import { ListenerDefinitionError } from '../errors.js';
import { getEventDefinition } from '../event/event.decorator.js';
import type { EventMessage } from '../event/event-message.js';
import { parseSelector } from '../event/event-name.js';
import type { EventClasses, EventSelector, InstanceOf } from '../event/event-selector.js';
import { eventHandlers, type ListenerSelection, type OnEventMetadata } from './handler-registry.js';
import { requireMethod } from './require-method.js';

/** A method that can be called with such an event, and its message, whose payload is it. */
export type EventHandler<Event extends object> = (
  event: Event,
  // Also what an `EventMessage` without a type is: classes have no index signature.
  message: Event extends object ? EventMessage<Event> & EventMessage : never,
) => unknown;

/** What the compiler names where a method can't be called with the events that its `@OnEvent` selects. */
export interface NoHandlerOf<Event extends object> {
  readonly selected: Event;
}

/** A decorator for methods that take such events. */
export interface EventHandlerDecorator<Event extends object> {
  <Method extends EventHandler<Event>>(
    target: object,
    methodName: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void;
  /** For Nest's `applyDecorators`. On a method that the first signature refuses, it does not compile. */
  (target: object, methodName: string | symbol): NoHandlerOf<Event>;
}

/**
 * Calls this method of a provider or controller with `(event, message)` for each event that is
 * selected, one at a time and in order, and acknowledges the event once the method has succeeded.
 *
 * May be applied several times, each with a listener name of its own. Guards, interceptors, pipes and
 * filters that are bound to the method or its class run, with context type `'lightbus'` and the
 * arguments `(event, message)`:
 * - A guard that refuses makes the event fail (`ForbiddenException`), as an error of the handler does.
 * - Pipes transform the event, as they do a request's body, and never the message.
 * - A filter that returns anything but `undefined` or `null` has dealt with the error: the event is
 *   acknowledged. One that returns nothing, or a promise of nothing, has not, and `onError` applies.
 * - A returned Observable is waited for; the event is handled when it completes. A generator is run to
 *   its end.
 *
 * The event is an instance of its class where the class is selected, or registered by this service; else a plain
 * object. Where all selectors are classes, a method compiles only if it takes an instance of each of them, and
 * their message. (To TypeScript, two classes with the same properties are the same; without its
 * `strictFunctionTypes`, a method of one class of several compiles.) Behind Nest's
 * `applyDecorators(OnEvent(...))`, which works, the types are not checked; nor with names.
 *
 * @param selectors an event class, `'<api>.<event>'`, `'<api>.*'`, or an array of these.
 * @throws ListenerDefinitionError for unknown options and impossible values, all at once; for no
 *   selector, a class without `@Event`, and anything but a named method. `EventDefinitionError` for a
 *   name that breaks Lightbus's rules.
 */
export function OnEvent<const Classes extends EventClasses>(
  selectors: Classes,
  options: OnEventOptions,
): EventHandlerDecorator<InstanceOf<Classes>>;
export function OnEvent(
  selectors: EventSelector | readonly EventSelector[],
  options: OnEventOptions,
): MethodDecorator;
export function OnEvent(
  selectors: EventSelector | readonly EventSelector[],
  options: OnEventOptions,
): MethodDecorator {
  return (target, methodName, descriptor?: PropertyDescriptor) => {
    const place = `${target.constructor.name}.${String(methodName)}`;
    const method = requireMethod('@OnEvent', target, methodName, descriptor);
    const metadata: OnEventMetadata = {
      selections: [selectors].flat().map((selector) => select(selector, place)),
      options: checkOptions(options, place),
    };
    if (metadata.selections.length === 0) {
      throw new ListenerDefinitionError(`@OnEvent on ${place} selects no event.`);
    }
    eventHandlers.record({ prototype: target, methodName: methodName as string }, method, metadata);
  };
}

function select(selector: EventSelector, place: string): ListenerSelection {
  if (typeof selector === 'string') return parseSelector(selector);
  const definition = typeof selector === 'function' ? getEventDefinition(selector) : undefined;
  if (!definition) {
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} selects ${describe(selector)}, which has no @Event decorator. ` +
        "Decorate the class with @Event('<api>.<event>'), or select the event by name. " +
        '(undefined is usually a cycle between two files: import the class directly.)',
    );
  }
  const { apiName, eventName } = definition;
  return { apiName, eventName, type: selector };
}

function checkOptions(options: OnEventOptions, place: string): OnEventOptions {
  const mistakes = describeMistakes(`@OnEvent on ${place}`, options);
  if (mistakes.length > 0) throw new ListenerDefinitionError(mistakes.join('\n'));
  return options;
}

function describe(value: unknown): string {
  return typeof value === 'function'
    ? `class ${value.name}`
    : (JSON.stringify(value) ?? String(value));
}
