/** What single fields of an entry say, without reading the others: of several of one name, the last one. */

import type { SideData } from '../event/side-data.js';
import { readSide } from './side-field.js';

/** The Lightbus id of an entry; `''` where it has none. Of several the last one, as in `deserialize`. */
export function idOf(fields: readonly string[]): string {
  return valueOf(fields, 'id');
}

/** The same of the event's name, without its API. */
export function eventNameOf(fields: readonly string[]): string {
  return valueOf(fields, 'event_name');
}

/** The name of its API, as the entry says it. */
export function apiNameOf(fields: readonly string[]): string {
  return valueOf(fields, 'api_name');
}

/** What its side field says; `undefined` where that is nothing. */
export function sideOf(fields: readonly string[]): SideData | undefined {
  return readSide(valueOf(fields, '')).side;
}

function valueOf(fields: readonly string[], name: string): string {
  for (let index = (fields.length - 1) & ~1; index >= 0; index -= 2) {
    if (fields[index] === name) return fields[index + 1] ?? '';
  }
  return '';
}
