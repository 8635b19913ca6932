/** Names of an event's parameters, and the fields of an entry that they are stored in. */

import { EventSerializationError } from '../fire-errors.js';

/** How many names are remembered, and how long they may be: anybody can make names up. */
const MOST_NAMES = 1_000;

/** Those of an event are the same each time. */
const FIELDS = new Map<string, string>();

/** An entry's texts are new each time, and as names they would be looked up anew. */
const NAMES = new Map<string, string>();

/**
 * The field that a parameter is stored in: `:name`.
 *
 * @throws EventSerializationError for half of a surrogate pair, which UTF-8 does not have: what is stored would have another
 *   name than what is published, which is JSON.
 */
export function fieldOf(name: string): string {
  let field = FIELDS.get(name);
  if (field === undefined) {
    if (/\p{Surrogate}/u.test(name)) {
      throw new EventSerializationError(
        `The parameter ${JSON.stringify(name)} can't be stored: its name has half of a surrogate pair. Give it another one.`,
      );
    }
    field = `:${name}`;
    remember(FIELDS, name, field);
  }
  return field;
}

/** The parameter that is stored in such a field. */
export function parameterName(field: string): string {
  let name = NAMES.get(field);
  if (name === undefined) {
    name = field.slice(1);
    remember(NAMES, field, name);
  }
  return name;
}

function remember(cache: Map<string, string>, key: string, value: string): void {
  if (cache.size < MOST_NAMES && key.length <= MOST_NAMES) cache.set(key, value);
}
