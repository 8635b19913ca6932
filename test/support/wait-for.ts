import { inspect } from 'node:util';

/** Options of {@link waitFor}. */
export interface WaitForOptions {
  /** How long to try. Milliseconds. Default 10 000. */
  timeoutMs?: number;
  /** What is waited for, in words. */
  message?: string;
}

/**
 * Asks for a fact again and again until it is truthy, and resolves to it.
 *
 * @throws Error after `timeoutMs`, with the message and the last value. What `fact` throws ends it
 * at once.
 */
export async function waitFor<T>(
  fact: () => T | Promise<T>,
  { timeoutMs = 10_000, message = 'a fact' }: WaitForOptions = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await fact();
    if (value) return value;
    if (Date.now() >= end) {
      throw new Error(
        `Waited ${timeoutMs} ms for ${message}; the last value was ${inspect(value)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Tries something again and again until it succeeds, and resolves to what it gave. What failed may
 * have had its effect all the same, if its answer came too late: where effects are counted, give
 * what is fired an id, which stores it once.
 *
 * @throws Error after `timeoutMs`, with the last failure.
 */
export async function untilItSucceeds<T>(
  attempt: () => Promise<T>,
  options: WaitForOptions = {},
): Promise<T> {
  let failure: unknown;
  const result = async () => {
    try {
      return { value: await attempt() };
    } catch (error) {
      failure = error;
      return undefined;
    }
  };
  try {
    return (await waitFor(result, options)).value;
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${inspect(failure)}`, { cause: error });
  }
}
