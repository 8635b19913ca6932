import { types } from 'node:util';
import { InvalidPositionError } from '../errors.js';
import { firstEntryIdAt, HIGHEST_ENTRY_ID, isEntryId, lastEntryIdBefore } from './entry-id.js';

/** The highest sequence number of an entry id. */
const LAST_SEQUENCE = HIGHEST_ENTRY_ID.split('-')[1] ?? '';

/** A point in history: an instant, an entry id, or one of two words. */
export type HistoryPoint<Word extends string> = Word | Date | (string & {});

/**
 * Where a consumer group starts (`XGROUP CREATE`): it is given what follows.
 *
 * `'beginning'`: all of history; `'now'`: what is fired from now on; a `Date`: what was stored at
 * that instant or later; an entry id: what follows that entry.
 *
 * @throws InvalidPositionError
 */
export function groupStart(since: HistoryPoint<'beginning' | 'now'>): string {
  if (since === 'beginning') return '0';
  if (since === 'now') return '$';
  return types.isDate(since)
    ? lastEntryIdBefore(checkDate(since, 'since'))
    : checkId(since, 'since', "'beginning', 'now'");
}

/** Lower bound of a range, inclusive. @throws InvalidPositionError */
export function rangeStart(since: HistoryPoint<'beginning' | 'end'>): string {
  return bound(since, 'since');
}

/**
 * Lower bound of a range that begins after a point. A `Date`, or an entry id that is milliseconds alone, is a
 * whole millisecond, as it is in {@link rangeEnd}: what ends there and what begins after it leave nothing out.
 *
 * @throws InvalidPositionError
 */
export function rangeAfter(after: HistoryPoint<'beginning' | 'end'>): string {
  const start = types.isDate(after)
    ? bound(after, 'after').replace(/-0$/, '')
    : bound(after, 'after');
  if (start === '-' || start === '+') return start;
  return `(${start.includes('-') ? start : `${start}-${LAST_SEQUENCE}`}`;
}

/** Upper bound of a range, inclusive: with a `Date`, what was stored in that millisecond belongs to it. @throws InvalidPositionError */
export function rangeEnd(until: HistoryPoint<'beginning' | 'end'>): string {
  // Redis completes bare milliseconds in an upper bound with the highest sequence number.
  return types.isDate(until) ? bound(until, 'until').replace(/-0$/, '') : bound(until, 'until');
}

function bound(point: HistoryPoint<'beginning' | 'end'>, option: string): string {
  if (point === 'beginning') return '-';
  if (point === 'end') return '+';
  return types.isDate(point)
    ? firstEntryIdAt(checkDate(point, option))
    : checkId(point, option, "'beginning', 'end'");
}

function checkDate(date: Date, option: string): Date {
  if (Number.isNaN(date.getTime())) throw invalid(option, 'an invalid Date', '');
  return date;
}

function checkId(id: unknown, option: string, words: string): string {
  if (typeof id === 'string' && isEntryId(id)) return id;
  throw invalid(option, JSON.stringify(id) ?? typeof id, `${words}, `);
}

function invalid(option: string, found: string, words: string): InvalidPositionError {
  return new InvalidPositionError(
    `'${option}' is ${found}. Expected ${words}a valid Date or an entry id such as '1700000000000-0'.`,
  );
}
