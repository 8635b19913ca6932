import { LightbusError } from '../../errors.js';
import { parseGlob, type NamePattern } from '../../operations/glob.js';
import { parseJsonPath, type PayloadTest } from '../../operations/json-path.js';
import { parseMoment } from '../../operations/moment.js';
import { rangeEnd, rangeStart } from '../../wire/history-bounds.js';
import type { HistoryFilters, HistoryModel } from '../views/models.js';

/** Filters, understood. */
export interface HistorySearch {
  /** First and last id, inclusive. */
  readonly start: string;
  readonly end: string;
  /** Of the event's name, with its API or without. */
  readonly event: NamePattern | undefined;
  readonly path: PayloadTest | undefined;
  /** Text of the key; `''` for all. */
  readonly key: string;
}

type Problem = NonNullable<HistoryModel['problem']>;

/** The filters as they stand in an address. */
export function filtersIn(query: URLSearchParams): HistoryFilters {
  const of = (name: string) => query.get(name)?.trim() ?? '';
  return {
    stream: query.get('stream') ?? '',
    ...{ api: of('api'), event: of('event'), key: query.get('key') ?? '' },
    ...{ since: of('since'), until: of('until'), path: of('path') },
    order: query.get('order') === 'oldest' ? 'oldest' : 'newest',
  };
}

/** What they mean; or which of them can't be understood, and why. */
export function understand(filters: HistoryFilters): HistorySearch | Problem {
  try {
    const { event, key } = filters;
    return {
      start: attempt('since', () => startOf(filters.since)),
      end: attempt('until', () => endOf(filters.until)),
      event: event === '' ? undefined : parseGlob(event),
      path: attempt('path', () => (filters.path === '' ? undefined : parseJsonPath(filters.path))),
      key,
    };
  } catch (error) {
    if (error instanceof Refused) return { filter: error.filter, message: error.message };
    throw error;
  }
}

/** Whether filters could not be understood. */
export function isProblem(search: HistorySearch | Problem): search is Problem {
  return 'message' in search;
}

class Refused extends Error {
  constructor(
    readonly filter: keyof HistoryFilters,
    message: string,
  ) {
    super(message);
  }
}

function attempt<T>(filter: keyof HistoryFilters, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof LightbusError)) throw error;
    throw Object.assign(new Refused(filter, error.message), { cause: error });
  }
}

function startOf(since: string): string {
  if (since === '') return '-';
  const moment = parseMoment(since);
  return rangeStart(moment === 'now' ? new Date() : moment);
}

function endOf(until: string): string {
  if (until === '') return '+';
  const moment = parseMoment(until);
  return rangeEnd(moment === 'now' ? new Date() : moment);
}
