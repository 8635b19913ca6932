/**
 * The side field: the field of an entry whose name is empty, the only place beside an event's parameters that Python
 * ignores. Its value is what the sender says of the event, as one JSON object; absent keys are left out.
 */

import { readIsoDate } from '../event/iso-date.js';
import {
  DEEPEST_HEADERS,
  freezeHeaders,
  SIDE_TEXTS,
  type EventHeaders,
  type SideData,
  type SideText,
} from '../event/side-data.js';
import { parse } from './json-reader.js';
import { stringify } from './json-writer.js';

/** What the side field of an entry says. */
export interface DecodedSide {
  /** `undefined` where there is none, or none of it can be used. */
  readonly side?: SideData;
  /** In words, what of it was ignored: a few kinds, the same for each entry of that kind. `undefined` for nothing. */
  readonly sideFaults?: readonly string[];
}

/** The longest value that is read, characters: some times what `fire` writes at most. */
const LONGEST = 1_000_000;

/** Time as text, of the millisecond that it was last made of: many events are fired in one. */
let lastMs = NaN;
let lastIso = '';

/** The value of a side field, ASCII only and keys sorted, as Python would write it. */
export function writeSide(side: SideData): string {
  const { causationId, correlationId, firedAt, headers, traceparent, tracestate } = side;
  let members = '';
  if (causationId !== undefined) members += `, "causationId": ${stringify(causationId)}`;
  if (correlationId !== undefined) members += `, "correlationId": ${stringify(correlationId)}`;
  if (firedAt !== undefined) members += `, "firedAt": "${isoOf(firedAt)}"`;
  if (headers !== undefined) members += `, "headers": ${stringify(headers)}`;
  if (traceparent !== undefined) members += `, "traceparent": ${stringify(traceparent)}`;
  if (tracestate !== undefined) members += `, "tracestate": ${stringify(tracestate)}`;
  return `{${members.slice(2)}}`;
}

function isoOf(ms: number): string {
  if (ms !== lastMs) {
    lastIso = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastIso;
}

/**
 * Reads the value of a side field that anybody may have written. Never throws: what is not as ours is left out, key by
 * key, and named.
 *
 * @param text `undefined` where there is no such field. An empty one says nothing either.
 */
export function readSide(text: string | undefined): DecodedSide {
  if (!text) return NOTHING;
  if (text.length > LONGEST) return ignored(`is longer than ${LONGEST} characters`);
  const faults = new Faults();
  const found = parseSide(text, faults);
  if (found === undefined) return ignored('is no JSON');
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    return ignored('is no JSON object');
  }
  const { firedAt, correlationId, causationId, traceparent, tracestate, headers } =
    found as Readonly<Record<string, unknown>>;
  const before = faults.count;
  const side: SideData = {
    firedAt: timeOf(firedAt, faults),
    correlationId: textOf('correlationId', correlationId, faults),
    causationId: textOf('causationId', causationId, faults),
    traceparent: textOf('traceparent', traceparent, faults),
    tracestate: textOf('tracestate', tracestate, faults),
    headers: headersOf(headers, faults),
  };
  const count = countOf(side);
  // A key that is known and was not taken has its fault.
  if (faults.count - before + count < Object.keys(found).length) {
    faults.add('keys in its side field that are not known were ignored');
  }
  return { side: count > 0 ? side : undefined, sideFaults: faults.all };
}

const NOTHING: DecodedSide = { side: undefined, sideFaults: undefined };

function ignored(problem: string): DecodedSide {
  return { side: undefined, sideFaults: [`its side field ${problem}, and was ignored`] };
}

/** Each fault once. Most side fields have none. */
class Faults {
  private found: string[] | undefined;

  get all(): readonly string[] | undefined {
    return this.found;
  }

  get count(): number {
    return this.found?.length ?? 0;
  }

  add(fault: string): void {
    if (!this.found?.includes(fault)) (this.found ??= []).push(fault);
  }
}

/** `undefined` for what is no JSON. */
function parseSide(text: string, faults: Faults): unknown {
  let found: unknown;
  try {
    found = JSON.parse(text);
    // All else are texts. Looking for what only our own reader reads faithfully costs more than reading.
    const isFaithful = typeof found !== 'object' || found === null || !('headers' in found);
    if (isFaithful) return found;
  } catch {
    // Python reads more than JSON, and so do we.
  }
  try {
    return parse(text, () => faults.add("a key '__proto__' in its side field was ignored"));
  } catch {
    // What our own reader gives up at is not in the texts.
    return typeof found === 'object' ? { ...found, headers: UNREADABLE } : undefined;
  }
}

/** Of headers that can't be read faithfully: an integer without end. Nothing that headers can be. */
const UNREADABLE = null;

function textOf(key: SideText, value: unknown, faults: Faults): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && SIDE_TEXTS[key].accepts(value)) return value;
  faults.add(`'${key}' in its side field was ignored: it is not ${SIDE_TEXTS[key].expected}`);
  return undefined;
}

/** As it is written by us, on days that each month has: nearly always, and in half the time. */
const ORDINARY_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function timeOf(value: unknown, faults: Faults): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    const ms = ORDINARY_TIME.test(value) ? Date.parse(value) : readIsoDate(value)?.date.getTime();
    if (ms !== undefined) return ms;
  }
  faults.add("'firedAt' in its side field was ignored: it is no date of ISO 8601");
  return undefined;
}

function headersOf(value: unknown, faults: Faults): EventHeaders | undefined {
  if (value === undefined) return undefined;
  if (isHeaders(value)) return freezeHeaders(value);
  faults.add(
    `'headers' in its side field was ignored: it is no object of values that can be read, or nested deeper than ${DEEPEST_HEADERS}`,
  );
  return undefined;
}

function isHeaders(value: unknown): value is EventHeaders {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && isWithin(value, DEEPEST_HEADERS);
}

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1));
}

/** How many keys it has. Not by a list of them, which would cost as much as all the rest. */
function countOf(side: SideData): number {
  let count = side.firedAt === undefined ? 0 : 1;
  if (side.correlationId !== undefined) count++;
  if (side.causationId !== undefined) count++;
  if (side.traceparent !== undefined) count++;
  if (side.tracestate !== undefined) count++;
  if (side.headers !== undefined) count++;
  return count;
}
