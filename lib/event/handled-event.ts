import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventMessage } from './event-message.js';
import type { SideData } from './side-data.js';

/** The event in whose handler's code something happens: what is fired there is caused by it. */
export type HandledEvent = Pick<SideData, 'correlationId' | 'traceparent' | 'tracestate'> &
  Pick<EventMessage, 'id'>;

/** One for the process: an event of one bus may cause one of another. */
const HANDLED = new AsyncLocalStorage<HandledEvent | undefined>();

/** The event whose handler is running this code, after whatever it has awaited; `undefined` outside of handlers. */
export function handledEvent(): HandledEvent | undefined {
  return HANDLED.getStore();
}

/**
 * Calls what goes on for longer than the handler that this may be the code of: an application that a handler starts
 * is not caused by its event.
 */
export function outsideOfHandlers<T>(call: () => T): T {
  // Not entered where there is nothing to leave, for the same price.
  return handledEvent() === undefined ? call() : HANDLED.run(undefined, call);
}

/**
 * Makes of what handles events what does the same, and lets {@link handledEvent} know the event meanwhile.
 *
 * @param isWanted asked for each event: on Node.js before 24, a process in which an asynchronous context was ever
 *   entered pays for it with each promise.
 */
export function knowingItsEvent<T>(
  handle: (message: EventMessage) => T,
  isWanted: () => boolean,
): (message: EventMessage) => T {
  return (message) => {
    if (!isWanted()) return handle(message);
    // Not the message itself: a timer that the handler sets would keep its payload.
    const { id, correlationId, traceparent, tracestate } = message;
    return HANDLED.run({ id, correlationId, traceparent, tracestate }, handle, message);
  };
}
