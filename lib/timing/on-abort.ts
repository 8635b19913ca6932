import { setMaxListeners } from 'node:events';

/** Calls `listener` when the signal is aborted, until the returned function is called, which must be. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // Any number may wait at once, for the streams of an API, say: Node would warn of a leak from the eleventh on.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}
