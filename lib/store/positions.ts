/** Entry ids as numbers, and the bounds of ranges: as Redis reads them. */

import { TransportError } from '../errors.js';
import { MAX_ENTRY_NUMBER, parseEntryId } from '../wire/entry-id.js';

/**
 * The number of an entry id, which is its position.
 *
 * @param missingSequence sequence number of an id that is milliseconds alone.
 * @throws TransportError when it is no entry id, in Redis's words.
 */
export function positionOf(id: string, missingSequence: 0 | 'last' = 0): bigint {
  const position = parseEntryId(id, missingSequence);
  if (position !== undefined) return position;
  throw new TransportError(
    `ERR Invalid stream ID specified as stream command argument: '${id}'. ` +
      'Expected <milliseconds>-<sequence number> or milliseconds alone.',
  );
}

/** First position that an inclusive or exclusive (`(id`) start admits; `-` and `+` are the ends. */
export function parseStart(start: string): bigint {
  if (start === '-') return 0n;
  if (start === '+') return MAX_ENTRY_NUMBER;
  return start.startsWith('(') ? positionOf(start.slice(1)) + 1n : positionOf(start);
}

/** Last position that an end admits. Milliseconds alone mean the whole millisecond: its last entry, where a start has its first. */
export function parseEnd(end: string): bigint {
  if (end === '-') return 0n;
  if (end === '+') return MAX_ENTRY_NUMBER;
  if (end.startsWith('(')) return positionOf(end.slice(1), 'last') - 1n;
  return positionOf(end, 'last');
}
