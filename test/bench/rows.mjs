import { ROWS as ENTITIES } from './rows/growth-entities.mjs';
import { ROWS as DEAD_LETTERS } from './rows/growth-dead-letters.mjs';
import { ROWS as FIRE } from './rows/fire.mjs';
import { ROWS as HANDLE } from './rows/handle.mjs';
import { ROWS as HEAP } from './rows/heap.mjs';
import { ROWS as HISTORY } from './rows/history.mjs';
import { ROWS as IDLE } from './rows/growth-idle.mjs';
import { ROWS as LATENCY } from './rows/latency.mjs';
import { ROWS as LISTENERS } from './rows/listeners.mjs';
import { ROWS as READING } from './rows/growth-reading.mjs';
import { ROWS as STORING } from './rows/growth-storing.mjs';
import { ROWS as STREAMS } from './rows/streams.mjs';

/** All that is measured, in the order of the report. */
export const ROWS = [
  ...[FIRE, HANDLE, LATENCY, HISTORY, LISTENERS, STREAMS, HEAP],
  ...[READING, IDLE, STORING, DEAD_LETTERS, ENTITIES],
].flat();

/** What a quick run has no time for, unless it is asked for. */
const LONG = 'growth';

/** Those of a group of this name, or with this in their name; all where none is named. */
export function chosenRows(only, mode) {
  if (only === undefined) return ROWS.filter(({ group }) => mode !== 'quick' || group !== LONG);
  const group = ROWS.filter((row) => row.group === only);
  return group.length > 0 ? group : ROWS.filter((row) => row.name.includes(only));
}
