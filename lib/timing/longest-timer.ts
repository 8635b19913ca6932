/** The longest that a timer of Node's can wait, ms, some 24 days: one that is set to more rings at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
