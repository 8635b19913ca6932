import { ROWS as FIRE } from './rows/fire.mjs';
import { ROWS as HANDLE } from './rows/handle.mjs';

/** All that is measured, in the order of the report. */
export const ROWS = [...FIRE, ...HANDLE];

/** Those of a group of this name, or with this in their name; all where none is named. */
export function chosenRows(only) {
  if (only === undefined) return ROWS;
  const group = ROWS.filter((row) => row.group === only);
  return group.length > 0 ? group : ROWS.filter((row) => row.name.includes(only));
}
