import { BusClosedError, PublishError, PublishOutcomeUnknownError } from '../errors.js';

/**
 * The error of a transaction, with the streams that hold their events already. Without any, the
 * error as it is.
 */
export function withStored(error: unknown, streams: readonly string[]): unknown {
  if (streams.length === 0 || !(error instanceof Error)) return error;
  const names = streams.map((stream) => `'${stream}'`).join(', ');
  const message = `${error.message} (The events on ${names} are stored.)`;
  const options = { cause: error };
  if (error instanceof PublishOutcomeUnknownError) {
    return new PublishOutcomeUnknownError(message, error.ids, options);
  }
  if (error instanceof BusClosedError) return new BusClosedError(message, options);
  if (error instanceof PublishError) return new PublishError(message, options);
  return error;
}
