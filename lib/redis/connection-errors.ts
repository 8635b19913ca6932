import { DisconnectedError, TransportError } from '../errors.js';
import { printable } from '../wire/printable.js';
import { describePlace, type RedisPlace } from './client-options.js';
import { describeRefusal, isAftermath, isRefusal } from './refusal.js';

/** Redis refused a command: it certainly had no effect. The message starts with Redis's error code. */
export class CommandRefusedError extends TransportError {}

/** There was no connection to send a command on: it certainly had no effect. */
export class NotConnectedError extends DisconnectedError {
  override readonly wasSent = false;
}

/** The connection failed after a command was written: nobody knows whether it had an effect. */
export class CommandOutcomeUnknownError extends DisconnectedError {}

/** Why a command failed: what ioredis threw, as an error that says whether it can have had an effect. */
export function commandError(error: unknown, place: RedisPlace, lastError: string): TransportError {
  if (error instanceof TransportError) return error;
  makePrintable(error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // ReplyError: Redis answered. The next one: ioredis had no connection to write to.
  if (isRefusal(error)) return new CommandRefusedError(describeRefusal(error), { cause: error });
  if (isAftermath({ name, message }))
    return notConnected('the connection is down', place, lastError);
  // It was too large to be written: what ioredis says of a written command is never this.
  if (error instanceof RangeError)
    return new TransportError(`Not sent: ${message}`, { cause: error });
  const failed = `The connection to ${describePlace(place)} failed before the answer arrived`;
  // What ioredis says of its retries would only mislead: there are none.
  return name === 'MaxRetriesPerRequestError'
    ? new CommandOutcomeUnknownError(`${failed}: ${lastError}`)
    : new CommandOutcomeUnknownError(`${failed}: ${message}`, { cause: error });
}

/** The error of who wanted to send something. @param what is wrong with the connection. */
export function notConnected(
  what: string,
  place: RedisPlace,
  lastError: string,
): NotConnectedError {
  return new NotConnectedError(
    `Redis at ${describePlace(place)} can't be used: ${what} (last error: ${lastError}). ` +
      'Check that it runs and that url, user and password in the configuration are right.',
  );
}

/** The error of who wanted to send something after the connection was closed for good. */
export function connectionClosed(place: RedisPlace): NotConnectedError {
  return new NotConnectedError(
    `Redis at ${describePlace(place)} can't be used any more: the connection was closed, as the application shuts down.`,
  );
}

/** It becomes the cause of an error of ours, which is printed with it. */
function makePrintable(error: unknown): void {
  if (!(error instanceof Error)) return;
  error.message = printable(error.message);
  error.stack = error.stack?.split('\n').map(printable).join('\n');
}
