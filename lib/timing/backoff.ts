/**
 * Delay before the next attempt: doubles from `baseMs`, is capped at `maxMs`, and is spread over its
 * upper half by chance, so that many clients that failed together don't come back together.
 *
 * @param attempt 1 for the delay after the first failure.
 * @param random a number from 0 to 1; for tests.
 * @returns milliseconds.
 */
export function backoffMs(
  attempt: number,
  baseMs: number,
  maxMs: number,
  random: () => number = Math.random,
): number {
  // The exponent is bounded because 2 ** 1024 is Infinity, and Infinity * 0 is no delay at all.
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
