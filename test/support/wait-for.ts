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
