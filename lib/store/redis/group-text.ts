import { compareEntryIds, isEntryId } from '../../wire/entry-id.js';
import type { FailingEntry, FailureNote, LostHistory } from '../inspection.js';

/** Longest text of an error that is kept beside a group: each failing event has one. */
const LONGEST_ERROR = 2_000;

/** The latest time that a `Date` has. */
const END_OF_TIME = 8_640_000_000_000_000;

const FAILURE = 'failure:';

/** What is stored of a failed attempt, beside its number and times. */
export function formatFailure({ eventName, error }: FailureNote): string {
  return JSON.stringify({ event: eventName, error: error.slice(0, LONGEST_ERROR) });
}

/**
 * The events that are tried again, as the fields of a group's state say, oldest first (see
 * `lua/includes/attempts.lua`). Fields that say something else are somebody else's.
 */
export function parseFailures(
  known: Readonly<Record<string, string>>,
): Omit<FailingEntry, 'consumer'>[] {
  return Object.keys(known)
    .filter((field) => field.startsWith(FAILURE))
    .flatMap((field) => parseFailure(field.slice(FAILURE.length), known) ?? [])
    .sort((a, b) => compareEntryIds(a.nativeId, b.nativeId));
}

function parseFailure(
  nativeId: string,
  known: Readonly<Record<string, string>>,
): Omit<FailingEntry, 'consumer'> | undefined {
  const [, number, due, text = ''] =
    /^(\d+) (\d+) (.*)$/s.exec(known[FAILURE + nativeId] ?? '') ?? [];
  const recorded = Number(known[`attempts:${nativeId}`] ?? 0) || 0;
  const since = timeIn(known[`failing:${nativeId}`]?.split(' ')[0]);
  const said = parseObject(text);
  // An older version leaves what is said of entries that it has dealt with, without their number.
  if (!isEntryId(nativeId) || recorded === 0 || since === null || !said) return undefined;
  const next = timeIn(due);
  const attempts = Math.max(Number(number), recorded);
  return {
    nativeId,
    ...(typeof said.event === 'string' && { eventName: said.event }),
    ...{ since: new Date(since), attempts, error: String(said.error) },
    nextTryAt: next === null ? null : new Date(next),
  };
}

/** The losses of history that were told, as the fields of a group's state say (see `lua/told.lua`). */
export function parseLost(known: Readonly<Record<string, string>>): LostHistory | null {
  const [time, after = '', until = ''] = (known.lost ?? '').split(' ');
  const noticed = timeIn(time);
  if (noticed === null || !isEntryId(after)) return null;
  const last = { after, until: isEntryId(until) ? until : null, noticedAt: new Date(noticed) };
  return { times: Number(known.losses) || 1, last };
}

/** A time of Redis as a field has it, ms; `null` where there is none, and where Redis does not tell the time (0). */
export function timeIn(text: string | undefined): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  const time = Number(text);
  return time > 0 && time <= END_OF_TIME ? time : null;
}

function parseObject(text: string): Partial<Record<'event' | 'error', unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // Somebody else's field: what we write is JSON.
    return undefined;
  }
}
