import { types } from 'node:util';
import { LONGEST_TIMER_MS } from '../../timing/longest-timer.js';
import { isEntryId } from '../../wire/entry-id.js';
import type { HistoryPoint } from '../../wire/history-bounds.js';
import type { Finding } from '../checks/check-config.js';
import { checkOptions, within, wrong, type Check } from '../checks/check-options.js';
import { isPlainObject } from '../checks/describe-found.js';
import { describeProblem, problemsOf } from '../checks/problems.js';
import {
  BACKOFF_EXPECTED,
  checkBackoff,
  DEFAULT_BACKOFF,
  fillBackoff,
  type Backoff,
} from './backoff.options.js';
import { DURATION_EXPECTED, parseDuration } from './duration.js';

/**
 * Where a consumer group starts when it is first created: at the beginning of history, with what is
 * fired from now on, at an instant, or after an entry (its id: `'<ms>-<seq>'`, or `'<ms>'` alone).
 */
export type Since = HistoryPoint<'beginning' | 'now'>;

const FAILURE_MODES = ['retry', 'dead_letter', 'acknowledge_and_log', 'shutdown'] as const;

/** What happens when a handler fails. */
export type FailureMode = (typeof FAILURE_MODES)[number];

/** Options of one listener that `forRoot({ listeners })` can override: a decorator sees no configuration. */
export interface ListenerOverrides {
  /**
   * Where to start when the group is first created: `'beginning'` of history, `'now'`, an instant, or
   * after an entry. Later starts go on where the group stopped. (Python Lightbus starts with what is
   * fired from now on.)
   *
   * @default 'beginning'
   */
  readonly since?: Since;
  /**
   * What happens when the handler fails:
   *
   * - `'retry'`: the event is tried again, after waits that `backoff` says, until the handler succeeds; no later
   *   event of this listener overtakes it;
   * - `'dead_letter'`: the same, but after `retryFor` or `maxAttempts`, whichever ends first, the event is stored
   *   on the listener's dead-letter stream, with its error and where it came from, and acknowledged. The original
   *   entry is never deleted;
   * - `'acknowledge_and_log'`: as in Lightbus, the error is logged and the event counts as handled;
   * - `'shutdown'`: the application closes, the process ends with a non-zero exit code, and the event
   *   stays pending for whoever comes next, under any name (Lightbus's default).
   *
   * @default 'retry'
   */
  readonly onError?: FailureMode;
  /**
   * How long to wait between two attempts, with `onError: 'retry'` and `'dead_letter'`: `initial` ms before the
   * second one, then each time `factor` times as long, up to `max` ms. By chance each wait is up to a half shorter,
   * so that what failed together does not come back together. Of an object that lacks a key, that one has its default
   * (and `max` is at least `initial`).
   *
   * @default { initial: 100, max: 30000, factor: 2 }
   */
  readonly backoff?: Backoff;
  /**
   * For how long `'dead_letter'` tries an event again, from its first failure on: milliseconds, or text in days,
   * hours, minutes, seconds and milliseconds (`'90s'`, `'15m'`, `'1h30m'`, `'2d'`). It goes on over restarts, and
   * where another process takes the event over. The last attempt is made when the time is up, or by whoever comes
   * after that, however late. Without a limit of time where only `maxAttempts` is said.
   *
   * @default '15m'
   */
  readonly retryFor?: number | string;
  /**
   * Attempts before `'dead_letter'` gives up; those of earlier processes count, the one in which a process
   * ended included. Only handing the event to its handler is an attempt.
   *
   * @default no limit
   */
  readonly maxAttempts?: number;
  /**
   * Milliseconds after which an attempt that has not settled counts as failed; `message.signal` is
   * aborted then. The handler itself can't be ended: let it listen to the signal.
   *
   * @default no limit
   */
  readonly timeout?: number;
}

/** Options of `OnEvent`. */
export interface OnEventOptions extends ListenerOverrides {
  /**
   * Durable half of the consumer group's name, `{service_name}-{listener_name}`. It must not change when
   * the class or the method is renamed, or history is read again under the new name.
   */
  readonly listenerName: string;
}

/** A listener's options in force: every default filled in. */
export interface ListenerSettings extends Required<Pick<ListenerOverrides, 'since' | 'onError'>> {
  readonly backoff: Required<Backoff>;
  /** Milliseconds; `undefined`: no limit. */
  readonly retryFor?: number;
  /** `undefined`: no limit. */
  readonly maxAttempts?: number;
  /** `undefined`: no limit. */
  readonly timeout?: number;
  /** Those of them that are no defaults. */
  readonly said: readonly (keyof ListenerOverrides)[];
}

/** What is said about an option once, beside its type and its documentation. */
export interface ListenerOption<T = unknown> {
  /** Value where nothing is said; left out where there is none. */
  readonly default?: T;
  /** In words, what the value must be. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What is wrong inside of a value that has parts. */
  readonly check?: Check;
}

/** What two doors may say, `@OnEvent` and `forRoot`: so that both take the same. */
export const LISTENER_OPTIONS: {
  readonly [K in keyof ListenerOverrides]-?: ListenerOption<Required<ListenerOverrides>[K]>;
} = {
  since: {
    default: 'beginning',
    expected: "'beginning', 'now', a valid Date or an entry id such as '1700000000000-0'",
    accepts: (value) =>
      types.isDate(value)
        ? !Number.isNaN(value.getTime())
        : value === 'beginning' ||
          value === 'now' ||
          (typeof value === 'string' && isEntryId(value)),
  },
  onError: {
    default: 'retry',
    expected: FAILURE_MODES.map((mode) => `'${mode}'`).join(' or '),
    accepts: (value) => (FAILURE_MODES as readonly unknown[]).includes(value),
  },
  backoff: {
    default: DEFAULT_BACKOFF,
    expected: BACKOFF_EXPECTED,
    accepts: (value) => checkBackoff(value).length === 0,
    check: checkBackoff,
  },
  retryFor: {
    default: '15m',
    expected: DURATION_EXPECTED,
    accepts: (value) => parseDuration(value) !== undefined,
  },
  maxAttempts: count(),
  timeout: count(),
};

/** What only `@OnEvent` says. */
export const LISTENER_NAME: ListenerOption<string> = {
  expected: 'a text that is not empty, without spaces and control characters',
  accepts: (value) => typeof value === 'string' && /^[^\s\p{Cc}]+$/u.test(value),
};

const NAMES = Object.keys(LISTENER_OPTIONS) as (keyof ListenerOverrides)[];

const OVERRIDES = Object.fromEntries(
  Object.entries<ListenerOption>(LISTENER_OPTIONS).map(([name, one]) => [name, checkOf(one)]),
);

/** What is wrong with the overrides of one listener. */
export function checkOverrides(overrides: unknown): readonly Finding[] {
  return checkOptions(overrides, OVERRIDES);
}

/**
 * What is wrong with the options of one decorator, one line for each mistake.
 *
 * @param place what they are options of, for the lines: `@OnEvent on Stock.reserve`.
 */
export function describeMistakes(place: string, options: unknown): readonly string[] {
  const { listenerName } = { ...(options as Partial<OnEventOptions> | undefined) };
  const findings = checkOptions(options, { listenerName: checkOf(LISTENER_NAME), ...OVERRIDES });
  const missing = isPlainObject(options) && listenerName === undefined;
  return problemsOf(place, [
    ...(missing ? within('listenerName', [wrong(LISTENER_NAME.expected, undefined)]) : []),
    ...findings,
  ]).map(describeProblem);
}

/** The options in force: what is said, the last one strongest, or else the default. Checked before. */
export function fillListenerOptions(
  ...given: readonly (ListenerOverrides | undefined)[]
): ListenerSettings {
  const filled: Record<string, unknown> = {};
  for (const [name, { default: value }] of Object.entries<ListenerOption>(LISTENER_OPTIONS)) {
    for (const one of [{ [name]: value }, ...given] as (Record<string, unknown> | undefined)[]) {
      if (one?.[name] !== undefined) filled[name] = one[name];
    }
  }
  const said = NAMES.filter((name) => given.some((one) => one?.[name] !== undefined));
  const isCounted = said.includes('maxAttempts') && !said.includes('retryFor');
  return {
    ...(filled as unknown as ListenerSettings),
    backoff: fillBackoff(...given.map((one) => one?.backoff)),
    retryFor: isCounted ? undefined : parseDuration(filled.retryFor),
    said,
  };
}

function checkOf({ expected, accepts, check }: ListenerOption): Check {
  return check ?? ((value) => (accepts(value) ? [] : [wrong(expected, value)]));
}

// The longest time that a timer of Node's can wait, in milliseconds, is long enough for a count, too.
function count(): ListenerOption<number> {
  return {
    expected: `a whole number from 1 to ${LONGEST_TIMER_MS}`,
    accepts: (value) =>
      Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_TIMER_MS,
  };
}
