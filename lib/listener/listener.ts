import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { ListenerSettings } from '../config/options/listener.options.js';
import { ListenerDefinitionError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import type { ListenerSelection } from './on-event.decorator.js';

/** A function as Nest's pipeline takes it. */
export type Callback = (...args: unknown[]) => unknown;

/** A method that `@OnEvent` was found on, and where. */
export interface HandlerMethod {
  readonly wrapper: InstanceWrapper<object>;
  readonly methodName: string;
  /** The method as its class defines it, with what decorators recorded on it. */
  readonly method: Callback;
  /** Whether the wrapper stands among its module's controllers rather than its providers. */
  readonly isController: boolean;
}

/** A handler that the explorer found: plain data, and a way to call it. */
export interface Listener {
  /** `listenerName`: the durable half of the consumer group's name. */
  readonly name: string;
  /** Where it is: `StockService.reserve (StockModule)`, for messages to people. */
  readonly place: string;
  readonly selections: readonly ListenerSelection[];
  /** Its options in force, defaults filled in. */
  readonly options: ListenerSettings;
  /** Runs the handler with its guards, pipes, interceptors and filters. Rejects as the handler does. */
  readonly invoke: (message: EventMessage) => Promise<void>;
}

/**
 * The selection by which a listener wants an event, if it does: one by class, else one by name, else
 * `'<api>.*'`.
 */
export function findSelection(
  listener: Pick<Listener, 'selections'>,
  apiName: string,
  eventName: string,
): ListenerSelection | undefined {
  const ofApi = listener.selections.filter((selection) => selection.apiName === apiName);
  const named = ofApi.filter((selection) => selection.eventName === eventName);
  return (
    named.find(({ type }) => type) ??
    named[0] ??
    ofApi.find((selection) => selection.eventName === '*')
  );
}

/**
 * Checks what no single decorator can see.
 *
 * @throws ListenerDefinitionError for two listeners of one name on one API: they would share a
 *   consumer group, and each event would reach only one of them.
 */
export function checkListeners(listeners: readonly Listener[]): void {
  const seen = new Map<string, Listener>();
  for (const listener of listeners) {
    for (const apiName of new Set(listener.selections.map((selection) => selection.apiName))) {
      const key = `${listener.name} ${apiName}`;
      const other = seen.get(key);
      if (other) {
        throw new ListenerDefinitionError(
          `Two listeners of API '${apiName}' are named '${listener.name}': ${other.place} and ` +
            `${listener.place}. They would share one consumer group, and each event would reach only ` +
            'one of them. Give each a listenerName of its own (or, if it is one class provided by two ' +
            'modules, provide it once and export it).',
        );
      }
      seen.set(key, listener);
    }
  }
}
