import { HandlerTimeoutError } from '../errors.js';
import type { ReceivedEvent } from './incoming-event.js';
import type { Listener } from '../listener/listener.js';

/**
 * Calls a handler once.
 *
 * @param signal aborted when the event is lost to another consumer, or time for shutting down is up;
 *   reaches the handler as `message.signal`.
 * @param timeoutMs after this long the attempt counts as failed and the signal is aborted; the
 *   handler itself can't be ended.
 * @throws HandlerTimeoutError, and whatever the handler throws.
 */
export async function attempt(
  listener: Pick<Listener, 'invoke' | 'place'>,
  message: ReceivedEvent['message'],
  signal: AbortSignal,
  timeoutMs: number | undefined,
): Promise<void> {
  if (timeoutMs === undefined) {
    await listener.invoke(Object.freeze({ ...message, signal }));
    return;
  }
  const deadline = new AbortController();
  const either = AbortSignal.any([signal, deadline.signal]);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new HandlerTimeoutError(
        `${listener.place} did not settle within ${timeoutMs} ms. Its message's signal was aborted; ` +
          'let the handler listen to it, or raise the timeout.',
      );
      deadline.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([listener.invoke(Object.freeze({ ...message, signal: either })), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
