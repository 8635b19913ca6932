import { InvalidOptionsError } from '../errors.js';
import { isPlain } from '../event/own-properties.js';
import { SIDE_TEXTS, type EventHeaders, type SideData, type SideText } from '../event/side-data.js';
import type { OptionRule } from './accept-options.js';
import { copyHeaders, HeadersFault } from './copy-headers.js';

/**
 * Options of `EventBus.fire` and `fireAll` that say of an event what its payload does not. They are stored beside it
 * (setting `bus.headers`), and are found on its message, whoever reads it. Within a handler most of them are carried on
 * from the handled event by themselves; an option that is given wins over that, each for itself.
 */
export interface SenderOptions {
  /**
   * What the event belongs to: the same for all that one cause has led to. 1 to 10,000 characters.
   *
   * @default within a handler that of the handled event, or its id where it has none
   */
  readonly correlationId?: string;
  /**
   * Lightbus id of the event that has caused it. 1 to 10,000 characters.
   *
   * @default within a handler the id of the handled event
   */
  readonly causationId?: string;
  /**
   * W3C Trace Context: the span that the event is fired in.
   *
   * @default within a handler that of the handled event
   */
  readonly traceparent?: string;
  /**
   * W3C Trace Context: what vendors say of the trace. At most 8,192 characters of ASCII.
   *
   * @default within a handler that of the handled event, unless `traceparent` is of another trace
   */
  readonly tracestate?: string;
  /**
   * Own headers: a plain object of JSON values, which is copied. At most 1,000 names and values, and 65,536
   * characters. Never carried on. `traceparent` and `tracestate` in it, in whatever case, are taken as the options of
   * that name, as whoever passes HTTP's headers on means it; broken ones are left out, as W3C Trace Context asks for,
   * and `tracestate` with a broken `traceparent`.
   *
   * @default none
   */
  readonly headers?: EventHeaders;
}

/** What the options say, checked; `undefined` where nothing was given. */
export type GivenSide = Omit<SideData, 'firedAt'>;

// They are checked below: an error must not quote what may be secret, or of any length.
const ANY: OptionRule = { expected: '', accepts: () => true };

/** For `acceptOptions`: which options there are. */
export const SENDER_RULES: Readonly<Record<keyof SenderOptions, OptionRule>> = {
  correlationId: ANY,
  causationId: ANY,
  traceparent: ANY,
  tracestate: ANY,
  headers: ANY,
};

/** Which of the options were given. */
export function givenNames(options: SenderOptions): string[] {
  return Object.keys(SENDER_RULES).filter((name) => Reflect.get(options, name) !== undefined);
}

/**
 * What the options of a call say.
 *
 * @param call whose options they are: `fire`.
 * @throws InvalidOptionsError, which never quotes what was given.
 */
export function givenSide(call: string, options: SenderOptions): GivenSide {
  const { correlationId, causationId, traceparent, tracestate } = options;
  const { headers, trace } = givenHeaders(call, options.headers);
  const ofHeaders = traceOfHeaders(trace);
  const parent = textOf(call, 'traceparent', traceparent) ?? ofHeaders.traceparent;
  const isOfAnother =
    ofHeaders.traceparent && traceIdOf(ofHeaders.traceparent) !== traceIdOf(parent);
  return {
    correlationId: textOf(call, 'correlationId', correlationId),
    causationId: textOf(call, 'causationId', causationId),
    traceparent: parent,
    tracestate:
      textOf(call, 'tracestate', tracestate) ?? (isOfAnother ? undefined : ofHeaders.tracestate),
    headers,
  };
}

/** The trace that a `traceparent` is of: what vendors say of one trace is nothing for another one. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1];
}

type Trace = Partial<Record<'traceparent' | 'tracestate', unknown>>;

/**
 * What headers say of the trace, without what W3C Trace Context has ignored. They may come from anybody, who must not
 * be able to have an event refused.
 */
function traceOfHeaders({ traceparent, tracestate }: Trace): Pick<GivenSide, keyof Trace> {
  const parent = textOrNone('traceparent', traceparent);
  const isBroken = traceparent !== undefined && parent === undefined;
  return {
    traceparent: parent,
    tracestate: isBroken ? undefined : textOrNone('tracestate', tracestate),
  };
}

function textOrNone(name: SideText, value: unknown): string | undefined {
  return typeof value === 'string' && SIDE_TEXTS[name].accepts(value) ? value : undefined;
}

function textOf(call: string, name: SideText, value: unknown): string | undefined {
  const text = textOrNone(name, value);
  if (value === undefined || text !== undefined) return text;
  throw new InvalidOptionsError(
    `The option '${name}' of '${call}' must be ${SIDE_TEXTS[name].expected}; it is ${kindOf(value)}. Nothing was sent.`,
  );
}

interface GivenHeaders {
  readonly headers: EventHeaders | undefined;
  /** What they say of the trace, unchecked. */
  readonly trace: Trace;
}

function givenHeaders(call: string, given: unknown): GivenHeaders {
  if (given === undefined) return { headers: undefined, trace: {} };
  const rule = `The option 'headers' of '${call}' must be a plain object of JSON values`;
  if (!isPlain(given) || Array.isArray(given)) {
    throw new InvalidOptionsError(
      `${rule}; it is ${Array.isArray(given) ? 'a list' : kindOf(given)}. Nothing was sent.`,
    );
  }
  const trace: Record<string, unknown> = { traceparent: undefined, tracestate: undefined };
  const others = Object.entries(given).filter(([name, value]) => {
    const option = name.toLowerCase();
    if (!Object.hasOwn(trace, option)) return true;
    trace[option] ??= value;
    return false;
  });
  try {
    const headers = copyHeaders(Object.fromEntries(others));
    const isEmpty = Object.keys(headers).length === 0;
    return { headers: isEmpty ? undefined : headers, trace };
  } catch (error) {
    if (!(error instanceof HeadersFault)) throw error;
    throw new InvalidOptionsError(`${rule}: ${error.message}. Nothing was sent.`, { cause: error });
  }
}

/** What a value is, without saying it. */
function kindOf(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (typeof value === 'object') return value === null ? 'null' : 'another object';
  return `of type ${typeof value}`;
}
