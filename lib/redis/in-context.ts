import { TransportError } from '../errors.js';
import { CommandOutcomeUnknownError, CommandRefusedError } from './connection-errors.js';

/**
 * What a promise resolves to. Where Redis refuses a command on the way, or the connection fails under it, the few
 * words tell neither what was tried nor where: the error says that first.
 *
 * @param what was tried, as the beginning of a sentence: `Reading 'store.orders.*:stream'`.
 * @param place where; see `EventStore.description`.
 * @throws TransportError in place of a `CommandRefusedError`, `CommandOutcomeUnknownError`; everything else as it is.
 */
export async function inContext<T>(what: string, place: string, trying: Promise<T>): Promise<T> {
  try {
    return await trying;
  } catch (error) {
    if (error instanceof CommandOutcomeUnknownError) {
      throw new CommandOutcomeUnknownError(`${what} failed: ${error.message}`, { cause: error });
    }
    if (!(error instanceof CommandRefusedError)) throw error;
    throw new TransportError(`${what} on ${place} failed: ${error.message}`, { cause: error });
  }
}
