import {
  BusClosedError,
  ConcurrencyError,
  EventValidationError,
  FireError,
  NotReplicatedError,
  PartiallyStoredError,
  PublishError,
  PublishOutcomeUnknownError,
  StoredEventUnreadError,
} from '../fire-errors.js';

/**
 * The error of a whole call, whose events take a transaction for each stream, made of the error of
 * the transaction that failed. The ones after it were not tried.
 */
export function failureOf(
  error: unknown,
  { ids, stored }: Pick<FireError, 'ids' | 'stored'>,
): unknown {
  if (!(error instanceof Error)) return error;
  const { message, cause } = error;
  const retry = error instanceof FireError ? error.retry : 'never';
  const facts = { ids, stored, retry };
  if (error instanceof PublishOutcomeUnknownError) {
    const others =
      stored.length > 0 ? ` (${stored.length} of ${ids.length} events are stored.)` : '';
    return new PublishOutcomeUnknownError(message + others, facts, { cause });
  }
  if (error instanceof NotReplicatedError && stored.length === ids.length) {
    return new NotReplicatedError(message, { ...facts, replicas: error.replicas }, { cause });
  }
  if (error instanceof StoredEventUnreadError && stored.length === ids.length) {
    return new StoredEventUnreadError(message, facts, { cause });
  }
  if (stored.length > 0) return partiallyStored(error, facts);
  if (error instanceof PublishError) return new PublishError(message, facts, { cause });
  if (error instanceof ConcurrencyError) {
    const { key, expected, actual } = error;
    return new ConcurrencyError(message, { ...facts, key, expected, actual });
  }
  if (error instanceof BusClosedError) return new BusClosedError(message, facts, { cause });
  return error;
}

function partiallyStored(
  error: Error,
  { ids, stored, retry }: Pick<FireError, 'ids' | 'stored' | 'retry'>,
): PartiallyStoredError {
  const when = retry === 'never' ? 'Once what is wrong has been mended, fire' : 'Fire';
  return new PartiallyStoredError(
    `Only ${stored.length} of ${ids.length} events are stored. ${when} all of them again with the ids of ` +
      'this error, fireAll(events, { ids: error.ids }): each is then stored once. Why the others are ' +
      `not: ${error.message}`,
    { ids, stored, retry: retry === 'never' ? 'never' : 'with_ids' },
    { cause: error },
  );
}

/**
 * What is prepared of all events, together.
 *
 * @throws the first error that is no invalid event, else one for all invalid events.
 */
export async function allValid<T>(
  events: readonly object[],
  prepare: (event: object, index: number) => T | Promise<T>,
): Promise<T[]> {
  const preparing = events.map((event, index) => {
    try {
      return prepare(event, index);
    } catch (error) {
      return rejection(error);
    }
  });
  // Mostly, nothing had to be waited for.
  if (!preparing.some((one) => one instanceof Promise)) return preparing as T[];
  const results = await Promise.allSettled(preparing);
  const invalid: [number, EventValidationError][] = [];
  const valid: T[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') valid.push(result.value);
    else if (result.reason instanceof EventValidationError) invalid.push([index, result.reason]);
    else throw result.reason;
  }
  const [first] = invalid;
  if (!first) return valid;
  throw new EventValidationError(
    invalid.map(([index, { message }]) => `Event ${index}: ${message}`).join(' '),
    first[1].canonicalName,
    invalid.flatMap(([index, { properties }]) => properties.map((one) => ({ ...one, index }))),
    first[1].cause === undefined ? undefined : { cause: first[1].cause },
  );
}

/** What was thrown, as a promise has it. */
export async function rejection(error: unknown): Promise<never> {
  throw error;
}
