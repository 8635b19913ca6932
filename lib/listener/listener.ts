import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { ListenerSettings } from '../config/options/listener.options.js';
import type { EventMessage } from '../event/event-message.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { HandlerRecord, ListenerSelection } from './handler-registry.js';

/** A function as Nest's pipeline takes it. */
export type Callback = (...args: unknown[]) => unknown;

/** A method that `@OnEvent` was found on, and where. */
export interface HandlerMethod {
  readonly wrapper: InstanceWrapper<object>;
  readonly methodName: string;
  /** What its decorators recorded, and on which functions. */
  readonly record: HandlerRecord;
  /** The method as its class defines it now; `undefined` where a decorator made it an accessor. */
  readonly method: Callback | undefined;
  /** Whether the wrapper stands among its module's controllers rather than its providers. */
  readonly isController: boolean;
}

/**
 * Runs a handler with its guards, pipes, interceptors and filters. Throws or rejects as the handler does; a promise
 * only where there is something to wait for.
 */
export type Invoke = (message: EventMessage) => Promise<void> | undefined;

/** A handler that the explorer found: plain data, and a way to call it. */
export interface Listener {
  /** `listenerName`: the durable half of the consumer group's name. */
  readonly name: string;
  /** Where it is: `StockService.reserve (StockModule)`, for messages to people. */
  readonly place: string;
  readonly selections: readonly ListenerSelection[];
  /** The classes that this service has registered: their events are instances of them, however they are selected. */
  readonly registry: Pick<EventRegistry, 'typeOf'>;
  /** Its options in force, defaults filled in. */
  readonly options: ListenerSettings;
  /** See `HandlerPipeline.prepare`. */
  readonly invoke: Invoke;
}

/**
 * The selection by which a listener wants an event, if it does: one by class, else one by name, else
 * `'<api>.*'`. Its type is the selected class, else the one that this service has registered.
 */
export function findSelection(
  listener: Pick<Listener, 'selections' | 'registry'>,
  apiName: string,
  eventName: string,
): ListenerSelection | undefined {
  let found: ListenerSelection | undefined;
  for (const selection of listener.selections) {
    if (selection.apiName !== apiName) continue;
    if (selection.eventName === eventName) {
      if (selection.type) return selection;
      if (found?.eventName !== eventName) found = selection;
    } else if (selection.eventName === '*') {
      found ??= selection;
    }
  }
  if (!found || found.type) return found;
  return { ...found, type: listener.registry.typeOf({ apiName, eventName }) };
}

/** Where a handler is: `StockService.reserve (StockModule)`, for messages to people. */
export function describeMethod({
  wrapper,
  methodName,
}: Pick<HandlerMethod, 'wrapper' | 'methodName'>): string {
  const type = wrapper.instance.constructor;
  const { token, host } = wrapper;
  const name = typeof token === 'function' ? token.name : String(token);
  const underToken = token === type ? '' : `, provided as ${name}`;
  return `${type.name}.${methodName} (${host?.name ?? 'no module'}${underToken})`;
}
