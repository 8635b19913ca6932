import { InvalidOptionsError } from '../errors.js';
import { acceptOptions } from './accept-options.js';

/** How long an event is known by the id that it was given, ms: within this time it is stored once. */
export const ONCE_WITHIN_MS = 10 * 60_000;

/** Options of `EventBus.fire`. */
export interface FireOptions {
  /**
   * Lightbus id of the event: any text but an empty one, the same for each try, or the `id` of an error.
   * What was stored under it within the last ten minutes, by Redis's clock, is not stored again; finding
   * that out is one step with storing, and costs the same however long the stream is. (Only for the id of
   * an error, whose event was first fired without one, what was stored since is looked through, beforehand.)
   *
   * @default a new UUID of version 8, which begins with Redis's time; stored without a look
   */
  readonly id?: string;
}

/** Options of `EventBus.fireAll`. */
export interface FireAllOptions {
  /**
   * Lightbus ids of the events, one for each and in their order, all different; as `id` of
   * {@link FireOptions}. Finding those of one stream is one step with storing what is not there.
   *
   * @default new UUIDs of version 8, stored without a look
   */
  readonly ids?: readonly string[];
}

/** The id under which an event is stored once; `undefined` where none was given. @throws InvalidOptionsError */
export function givenId(options: FireOptions | undefined): string | undefined {
  return acceptOptions('fire', options, {
    id: {
      expected:
        'a text that is not empty (nor has halves of surrogate pairs, which all are one on the wire)',
      accepts: isId,
    },
  }).id;
}

/**
 * The ids under which events are stored once; `undefined` where none were given.
 *
 * @param count how many events there are.
 * @throws InvalidOptionsError
 */
export function givenIds(
  options: FireAllOptions | undefined,
  count: number,
): readonly string[] | undefined {
  const { ids } = acceptOptions('fireAll', options, {
    ids: {
      expected: 'a list of texts that are not empty (nor have halves of surrogate pairs)',
      accepts: (value) => Array.isArray(value) && value.every(isId),
    },
  });
  if (ids !== undefined && (ids.length !== count || new Set(ids).size !== count)) {
    throw new InvalidOptionsError(
      `'fireAll' was given ${ids.length} ids, ${new Set(ids).size} of them different, for ${count} ` +
        'events. Give each event one of its own.',
    );
  }
  return ids;
}

// Python's workers exit on an empty id. UTF-8 has no halves of surrogate pairs: two such ids would be the
// same, and the second event would be taken for the first.
function isId(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !/\p{Surrogate}/u.test(value);
}
