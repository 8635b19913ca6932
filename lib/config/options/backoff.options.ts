import { LONGEST_TIMER_MS } from '../../timing/longest-timer.js';
import type { Finding } from '../checks/check-config.js';
import { checkOptions, within, wrong, type Check } from '../checks/check-options.js';
import { isPlainObject } from '../checks/describe-found.js';

/** How long a listener waits between two attempts to handle an event. Each key has its default. */
export interface Backoff {
  /** Milliseconds before the second attempt. @default 100, or `max` where that is less */
  readonly initial?: number;
  /** Milliseconds that no wait exceeds. @default 30000, or `initial` where that is more */
  readonly max?: number;
  /** What each wait is multiplied by to give the next one; 1 for waits that do not grow. @default 2 */
  readonly factor?: number;
}

/** Where nothing is said. */
export const DEFAULT_BACKOFF: Required<Backoff> = { initial: 100, max: 30_000, factor: 2 };

/** What a backoff must be, in words. */
export const BACKOFF_EXPECTED = 'an object with initial, max (ms) and factor, or some of these';

const TIME: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_TIMER_MS
    ? []
    : [wrong(`a whole number of milliseconds from 1 to ${LONGEST_TIMER_MS}`, value)];

const CHECKS: Readonly<Record<keyof Backoff, Check>> = {
  initial: TIME,
  max: TIME,
  factor: (value) =>
    Number.isFinite(value) && Number(value) >= 1 ? [] : [wrong('a number from 1 on', value)],
};

/** What is wrong with a backoff. */
export function checkBackoff(value: unknown): readonly Finding[] {
  const findings = checkOptions(value, CHECKS);
  if (findings.length > 0 || !isPlainObject(value)) return findings;
  const { initial, max } = value as Backoff;
  if (initial === undefined || max === undefined || initial <= max) return [];
  return within('initial', [wrong(`at most max, which is ${max}`, initial)]);
}

/** The waits in force: what is said, the last one strongest, or else the default. Checked before. */
export function fillBackoff(...said: readonly (Backoff | undefined)[]): Required<Backoff> {
  const filled: { -readonly [K in keyof Backoff]: number } = {};
  for (const { initial, max, factor } of said.filter((one) => one !== undefined)) {
    filled.initial = initial ?? filled.initial;
    filled.max = max ?? filled.max;
    filled.factor = factor ?? filled.factor;
  }
  return {
    initial: filled.initial ?? Math.min(DEFAULT_BACKOFF.initial, filled.max ?? Infinity),
    max: filled.max ?? Math.max(DEFAULT_BACKOFF.max, filled.initial ?? 0),
    factor: filled.factor ?? DEFAULT_BACKOFF.factor,
  };
}
