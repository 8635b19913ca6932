import type { OptionRule } from '../bus/accept-options.js';

/** How long `Projections.waitFor` waits where nothing else is said, ms. */
export const WAIT_MS = 5_000;

/** The longest that a timer can be set to, ms: Node lets a longer one fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

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
