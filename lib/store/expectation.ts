import { ConcurrencyError } from '../fire-errors.js';
import { idOf } from '../wire/one-field.js';
import type { Expectation } from './entities.js';
import type { FlatFields } from './entries.js';

/** The error of entries that were not stored, as their entity has another number of events than expected. */
export function concurrency(
  stream: string,
  entries: readonly FlatFields[],
  { entity: { parameter, key }, version, last }: Expectation,
  actual: number,
): ConcurrencyError {
  const expected = version === 'any' ? 0 : version;
  return new ConcurrencyError(
    `Nothing was stored on '${stream}': ${expected} events with the ${parameter} '${key}' were expected there, ` +
      `${actual === expected && last !== undefined ? `the last of them ${last}, and another one is there` : `and ${actual} are stored`}. ` +
      'Somebody else has changed it: load it again, and decide anew.',
    { ids: entries.map(idOf), key, expected, actual },
  );
}
