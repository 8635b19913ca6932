import { InvalidOptionsError } from '../errors.js';
import { acceptOptions, type OptionRule } from './accept-options.js';
import type { SideData } from '../event/side-data.js';
import { DECIDED_ON, type DecidedOn } from './decided-on.js';
import type { Sender } from './sender.js';
import { SENDER_RULES, type SenderOptions } from './sender-options.js';

/** How long an event is known by the id that it was given, ms: within this time it is stored once. */
export const ONCE_WITHIN_MS = 10 * 60_000;

/** How many events of an entity must be stored: 0 for none; `'any'`: however many. */
export type ExpectedVersion = number | 'any';

/** Options of `EventBus.fire`. */
export interface FireOptions extends SenderOptions {
  /**
   * Lightbus id of the event: any text but an empty one, the same for each try, or the `id` of an error.
   * What was stored under it within the last ten minutes, by Redis's clock, is not stored again; finding
   * that out is one step with storing, and costs the same however long the stream is. (Only for the id of
   * an error, whose event was first fired without one, what was stored since is looked through, beforehand.)
   *
   * @default a new UUID of version 8, which begins with Redis's time; stored without a look
   */
  readonly id?: string;
  /**
   * Stores the event only if exactly so many events of its entity (the value of its `key`) are stored: `0`
   * for none. Otherwise `ConcurrencyError`, and nothing is stored. `'any'`: however many; the message then
   * says with `sequence` the how many-th it is.
   *
   * @default nothing is looked at
   */
  readonly expectedVersion?: ExpectedVersion;
}

/** Options of `EventBus.fireAll`; those of {@link SenderOptions} are about all of its events. */
export interface FireAllOptions extends SenderOptions {
  /**
   * Lightbus ids of the events, one for each and in their order, all different; as `id` of
   * {@link FireOptions}. Finding those of one stream is one step with storing what is not there.
   *
   * @default new UUIDs of version 8, stored without a look
   */
  readonly ids?: readonly string[];
  /** As `expectedVersion` of {@link FireOptions}, for events that all are about one entity. @default nothing is looked at */
  readonly expectedVersion?: ExpectedVersion;
}

/** What the options ask for, checked. */
export interface FireRequest {
  /** Under which each event is stored once; `undefined` where none were given. */
  readonly ids: readonly string[] | undefined;
  readonly expectedVersion: ExpectedVersion | undefined;
  readonly decidedOn: DecidedOn | undefined;
  /** What is stored beside the payload of each event; `undefined` for nothing. */
  readonly side: SideData | undefined;
  /** Whether the caller says which trace the events are of. */
  readonly isTraceGiven: boolean;
}

/** {@link FireAllOptions}, as `Aggregates` gives them. */
export interface DecidedOptions extends FireAllOptions {
  readonly [DECIDED_ON]: DecidedOn;
}

const EXPECTED_VERSION: OptionRule = {
  expected: "the number of events that are stored of the entity, a whole number from 0, or 'any'",
  accepts: (value) => value === 'any' || (Number.isSafeInteger(value) && Number(value) >= 0),
};

/** What options of `fire` ask for. @throws InvalidOptionsError */
export function fireRequest(options: FireOptions | undefined, sender: Sender): FireRequest {
  if (options === undefined) {
    const side = sender.sideOf(undefined);
    return {
      ids: undefined,
      expectedVersion: undefined,
      decidedOn: undefined,
      side,
      isTraceGiven: false,
    };
  }
  const accepted = acceptOptions('fire', options, {
    id: {
      expected:
        'a text that is not empty (nor has halves of surrogate pairs, which all are one on the wire)',
      accepts: isId,
    },
    expectedVersion: EXPECTED_VERSION,
    ...SENDER_RULES,
  });
  const { id, expectedVersion } = accepted;
  const given = sender.given('fire', accepted);
  return {
    ids: id === undefined ? undefined : [id],
    expectedVersion,
    decidedOn: undefined,
    side: sender.sideOf(given),
    isTraceGiven: given?.traceparent !== undefined,
  };
}

/**
 * What options of `fireAll` ask for.
 *
 * @param count how many events there are.
 * @throws InvalidOptionsError
 */
export function fireAllRequest(
  options: FireAllOptions | undefined,
  count: number,
  sender: Sender,
): FireRequest {
  const accepted = acceptOptions('fireAll', options, {
    ids: {
      expected: 'a list of texts that are not empty (nor have halves of surrogate pairs)',
      accepts: (value) => Array.isArray(value) && value.every(isId),
    },
    expectedVersion: EXPECTED_VERSION,
    ...SENDER_RULES,
  });
  const { ids, expectedVersion } = accepted;
  if (ids !== undefined && (ids.length !== count || new Set(ids).size !== count)) {
    throw new InvalidOptionsError(
      `'fireAll' was given ${ids.length} ids, ${new Set(ids).size} of them different, for ${count} ` +
        'events. Give each event one of its own.',
    );
  }
  const decidedOn = (options as DecidedOptions | undefined)?.[DECIDED_ON];
  const given = sender.given('fireAll', accepted);
  const isTraceGiven = given?.traceparent !== undefined;
  return { ids, expectedVersion, decidedOn, side: sender.sideOf(given), isTraceGiven };
}

// Python's workers exit on an empty id. UTF-8 has no halves of surrogate pairs: two such ids would be the
// same, and the second event would be taken for the first.
function isId(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !/\p{Surrogate}/u.test(value);
}
