/** What an event's sender says of it beside its payload, and which values that can be. */

/** A value in own headers: what JSON knows. A bigint is an integer beyond 2^53. */
export type HeaderValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly HeaderValue[]
  | { readonly [name: string]: HeaderValue | undefined };

/** The sender's own headers, by name. */
export interface EventHeaders {
  readonly [name: string]: HeaderValue | undefined;
}

/** What the sender says of an event beside its payload; `undefined` where it doesn't. */
export interface SideData {
  /** When `fire` was called, by the sender's clock: ms since 1970. */
  readonly firedAt: number | undefined;
  readonly correlationId: string | undefined;
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Frozen, with all that is in it. */
  readonly headers: EventHeaders | undefined;
}

/** The keys of {@link SideData} that are texts. */
export type SideText = 'correlationId' | 'causationId' | 'traceparent' | 'tracestate';

/** What a text of side data must be. */
export interface SideTextRule {
  /** In words. */
  readonly expected: string;
  readonly accepts: (text: string) => boolean;
}

/** The most characters of an id that an event refers to. Others' ids have any length, and each event that follows carries it. */
const LONGEST_ID = 10_000;
/** The most characters of a `tracestate`: W3C asks for 512 at least. */
const LONGEST_STATE = 8_192;

const ID: SideTextRule = {
  expected: `a text of 1 to ${LONGEST_ID} characters, not of spaces alone`,
  accepts: (text) => text.length <= LONGEST_ID && text.trim() !== '',
};

/** W3C Trace Context: version, trace, parent, flags. What later versions add comes behind: what a header of HTTP may hold. */
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(-[ -~]{1,400})?$/;

/** The same rules for what is fired and for what is read: what one process may write, every other one reads. */
export const SIDE_TEXTS: Readonly<Record<SideText, SideTextRule>> = {
  correlationId: ID,
  causationId: ID,
  traceparent: {
    expected:
      "as W3C Trace Context has it, in lower case: '00-<32 hexadecimal digits>-<16>-<2>', where neither trace nor " +
      'parent is all zeros',
    accepts: (text) => {
      const [, more] = TRACEPARENT.exec(text) ?? [undefined, ''];
      // Version 00 has nothing behind its flags.
      return more !== '' && (more === undefined || !text.startsWith('00'));
    },
  },
  tracestate: {
    expected: `a text of 1 to ${LONGEST_STATE} printable ASCII characters, as W3C Trace Context has it`,
    accepts: (text) => text.length <= LONGEST_STATE && /^[ -~]+$/.test(text) && text.trim() !== '',
  },
};

/** How deep own headers may be nested. */
export const DEEPEST_HEADERS = 32;

/** Freezes headers with all that is in them. They are no deeper than {@link DEEPEST_HEADERS}. */
export function freezeHeaders<T extends object>(value: T): T {
  for (const inner of Object.values(value) as unknown[]) {
    if (typeof inner === 'object' && inner !== null) freezeHeaders(inner);
  }
  return Object.freeze(value);
}
