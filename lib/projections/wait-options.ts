import type { OptionRule } from '../bus/accept-options.js';
import { LONGEST_TIMER_MS } from '../timing/longest-timer.js';

/** How long `Projections.waitFor` waits where nothing else is said, ms. */
export const WAIT_MS = 5_000;

/** Options of `Projections.waitFor`. */
export interface ProjectionWaitOptions {
  /** How long to wait, ms, some 24 days at most. @default 5000 */
  readonly timeoutMs?: number;
}

/** What they may be. */
export const WAIT_RULES: Readonly<Record<keyof ProjectionWaitOptions, OptionRule>> = {
  timeoutMs: {
    expected: `a number of milliseconds from 0 to ${LONGEST_TIMER_MS}`,
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= LONGEST_TIMER_MS,
  },
};
