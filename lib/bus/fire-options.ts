import { InvalidOptionsError } from '../errors.js';
import { checkOptions } from './check-options.js';

/** Options of `EventBus.fire`. */
export interface FireOptions {
  /**
   * Lightbus id of the event: any text but an empty one, the same for each try. What was stored under it
   * within the last ten minutes, by Redis's clock, is found in one step with storing.
   *
   * @default a new UUID, stored without a look
   */
  readonly id?: string;
}

/** Options of `EventBus.fireAll`. */
export interface FireAllOptions {
  /**
   * Lightbus ids of the events, one for each and in their order, all different; as `id` of
   * {@link FireOptions}. Looking for those of one stream is one step with storing what is not there.
   *
   * @default new UUIDs, stored without a look
   */
  readonly ids?: readonly string[];
}

/** The id under which an event is stored once; `undefined` where none was given. @throws InvalidOptionsError */
export function givenId(options: FireOptions | undefined): string | undefined {
  return checkOptions('fire', options, {
    id: { expected: 'a text that is not empty', accepts: isId },
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
  const { ids } = checkOptions('fireAll', options, {
    ids: {
      expected: 'a list of texts that are not empty',
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

// Python's workers exit on an empty id.
function isId(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
