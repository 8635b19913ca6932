import { InvalidOptionsError } from '../errors.js';
import { keyTextOf } from '../wire/entity-key.js';
import { rangeAfter, rangeEnd, rangeStart, type HistoryPoint } from '../wire/history-bounds.js';
import { acceptOptions, type OptionRule } from './accept-options.js';

/** Options of `EventBus.history`. */
export interface HistoryOptions {
  /**
   * Only the events of one entity (aggregate): those whose key has this value. `1` and `'1'` are one. Costs
   * what that entity's events cost, however long the stream is. @default events of all entities, and of none
   */
  readonly key?: string | number;
  /**
   * What follows this: the entry id of the last event that was read, say. With an instant, or an entry id that
   * is milliseconds alone, what was stored in a later millisecond. Not together with `since`.
   */
  readonly after?: HistoryPoint<'beginning' | 'end'>;
  /** First event: `'beginning'`, an instant, or an entry id; inclusive. @default 'beginning' */
  readonly since?: HistoryPoint<'beginning' | 'end'>;
  /** Last event: `'end'`, an instant, or an entry id; inclusive. @default 'end' */
  readonly until?: HistoryPoint<'beginning' | 'end'>;
  /** `'asc'`: oldest first. @default 'asc' (Python Lightbus reads newest first) */
  readonly order?: 'asc' | 'desc';
  /** How many events at most. @default no limit */
  readonly limit?: number;
  /**
   * Goes on with events as they are stored, without a gap or a repeat, until `signal`, `limit` or `until`: an
   * instant in the future ends it once the store's time has passed it. `since: 'end'` leaves the past out. It
   * waits for a Redis that is away, and ends without an error when the application shuts down. Not with
   * `order: 'desc'`. @default false
   */
  readonly follow?: boolean;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of `EventBus.history`, checked. */
export interface HistoryQuery {
  /** Text of the key. */
  readonly key: string | undefined;
  /** Bounds, as of `HistoryRange`. */
  readonly start: string;
  readonly end: string;
  readonly reverse: boolean;
  readonly limit: number;
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
}

// Points are checked where they are read.
const POINT = { expected: 'a point in history', accepts: () => true };

const RULES: Readonly<Record<keyof HistoryOptions, OptionRule>> = {
  key: {
    expected: 'a string or a finite number',
    accepts: (value) => typeof value !== 'bigint' && keyTextOf(value) !== undefined,
  },
  after: POINT,
  since: POINT,
  until: POINT,
  order: { expected: "'asc' or 'desc'", accepts: (value) => value === 'asc' || value === 'desc' },
  limit: {
    expected: 'a whole number from 0, or Infinity',
    accepts: (value) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0),
  },
  follow: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  signal: { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal },
};

/** @throws InvalidOptionsError, InvalidPositionError */
export function acceptHistoryOptions(options: HistoryOptions | undefined): HistoryQuery {
  const accepted = acceptOptions('history', options, RULES);
  const { key, after, since, until, order, limit, follow, signal } = accepted;
  if (after !== undefined && since !== undefined) {
    throw new InvalidOptionsError(
      "'history' was given both 'after' and 'since': one says where it begins. 'after' leaves out what it " +
        "names, 'since' does not.",
    );
  }
  if (follow && order === 'desc') {
    throw new InvalidOptionsError(
      "'history' can't follow in the order 'desc': what is stored from now on is newer than all that was read. " +
        "Leave out 'follow' or 'order'.",
    );
  }
  return {
    key: key === undefined ? undefined : keyTextOf(key),
    start: after === undefined ? rangeStart(since ?? 'beginning') : rangeAfter(after),
    end: rangeEnd(until ?? 'end'),
    reverse: order === 'desc',
    limit: limit ?? Infinity,
    follow: follow ?? false,
    signal,
  };
}
