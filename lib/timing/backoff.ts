/**
 * Delay before the next attempt: grows from `baseMs`, is capped at `maxMs`, and is spread over its
 * upper half by chance, so that many clients that failed together don't come back together.
 *
 * @param attempt 1 for the delay after the first failure.
 * @param random a number from 0 to 1; for tests.
 * @param factor what each delay is multiplied by to give the next one.
 * @returns milliseconds.
 */
export function backoffMs(
  attempt: number,
  baseMs: number,
  maxMs: number,
  random: () => number = Math.random,
  factor = 2,
): number {
  // Bounded, because after enough attempts it is Infinity, and Infinity * 0 is no delay at all.
  const growth = Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
  const full = Math.min(maxMs, baseMs * growth);
  return Math.round(full / 2 + (full / 2) * random());
}
