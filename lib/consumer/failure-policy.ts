import { backoffMs } from '../transport/backoff.js';

/** Delay before the second attempt, ms. It doubles from attempt to attempt. */
const FIRST_RETRY_MS = 100;

/** Longest delay between two attempts, ms. */
const LONGEST_RETRY_MS = 30_000;

/**
 * How long to wait after an attempt that failed: exponential, with jitter, capped at 30 s.
 *
 * @param attempt the attempt that just failed; 1 is the first.
 * @returns milliseconds.
 */
export function retryDelayMs(attempt: number, random?: () => number): number {
  return backoffMs(attempt, FIRST_RETRY_MS, LONGEST_RETRY_MS, random);
}
