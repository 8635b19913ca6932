import type { ListenerSettings } from '../config/options/listener.options.js';
import { backoffMs } from '../timing/backoff.js';

/** Delay before the second attempt, ms. It doubles from attempt to attempt. */
const FIRST_RETRY_MS = 100;

/** Longest delay between two attempts, ms. */
const LONGEST_RETRY_MS = 30_000;

/** What a listener does about a handler that fails. */
export type FailurePolicy = Pick<ListenerSettings, 'onError' | 'maxAttempts'>;

/** An attempt that failed. */
export interface Failure {
  /** What the handler threw: anything. */
  readonly error: unknown;
  /** Attempts so far, those of earlier processes included; 1 after the first. */
  readonly attempt: number;
  /** Whether no handler was called, as `validate.incoming` found the event invalid. @default false */
  readonly isInvalid?: boolean;
}

/** What to do next. */
export type FailureAction =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'dead_letter' };

/**
 * Decides what happens after a failure. Pure.
 *
 * The delay before a retry is exponential, with jitter, capped at 30 s.
 *
 * @param random a number from 0 to 1, for the jitter.
 */
export function decide(
  { onError, maxAttempts }: FailurePolicy,
  { attempt, isInvalid }: Failure,
  random?: () => number,
): FailureAction {
  if (onError === 'shutdown') return { kind: 'shutdown' };
  if (onError === 'acknowledge_and_log') return { kind: 'acknowledge' };
  // No further attempt makes an invalid event valid.
  const isGivenUp = attempt >= maxAttempts || isInvalid;
  if (onError === 'dead_letter' && isGivenUp) return { kind: 'dead_letter' };
  return { kind: 'retry', delayMs: backoffMs(attempt, FIRST_RETRY_MS, LONGEST_RETRY_MS, random) };
}
