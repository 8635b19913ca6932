import type { ListenerSettings } from '../config/options/listener.options.js';
import { backoffMs } from '../timing/backoff.js';

/** What a listener does about a handler that fails. */
export type FailurePolicy = Pick<
  ListenerSettings,
  'onError' | 'backoff' | 'retryFor' | 'maxAttempts'
>;

/** An attempt that failed. */
export interface Failure {
  /** What the handler threw: anything. */
  readonly error: unknown;
  /** Attempts so far, those of earlier processes included; 1 after the first. */
  readonly attempt: number;
  /** How long ago the first of them failed, ms. */
  readonly failingMs: number;
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
 * The delay before a retry grows as `backoff` says, with jitter; of one that ends with `retryFor`, the last attempt
 * is made when that is over.
 *
 * @param random a number from 0 to 1, for the jitter.
 */
export function decide(
  policy: FailurePolicy,
  { attempt, failingMs, isInvalid }: Failure,
  random?: () => number,
): FailureAction {
  const { onError, backoff } = policy;
  if (onError === 'shutdown') return { kind: 'shutdown' };
  if (onError === 'acknowledge_and_log') return { kind: 'acknowledge' };
  // No further attempt makes an invalid event valid.
  if (isGivenUp(policy, attempt, failingMs) || (onError === 'dead_letter' && isInvalid))
    return { kind: 'dead_letter' };
  const { initial, max, factor } = backoff;
  const delayMs = backoffMs(attempt, initial, max, random, factor);
  return { kind: 'retry', delayMs: Math.min(delayMs, timeOf(policy) - failingMs) };
}

/**
 * Whether an event is given up after so many attempts, of which the latest one failed or began so long after the
 * first one had failed.
 */
export function isGivenUp(policy: FailurePolicy, attempts: number, triedForMs: number): boolean {
  if (policy.onError !== 'dead_letter') return false;
  return attempts >= (policy.maxAttempts ?? Infinity) || triedForMs >= timeOf(policy);
}

/** For how long an event is tried again, ms. */
function timeOf({ onError, retryFor = Infinity }: FailurePolicy): number {
  return onError === 'dead_letter' ? retryFor : Infinity;
}
