/**
 * Where a reader is:
 *
 * - `closed`: it reads nothing; `StreamReader.open` leads to `pending`;
 * - `pending`: it reads what is pending with its own name, page by page, and then goes to `claiming`;
 * - `claiming`: it takes over what has timed out with others, page by page, and then goes to `new`, or
 *   begins once more if something was handed back meanwhile;
 * - `new`: it reads what nobody was given yet; from time to time, and when something was handed back, it
 *   goes to `claiming`.
 *
 * Whatever fails leads to `closed`: only the pending list knows what is ours then.
 */
export type Phase = 'closed' | 'pending' | 'claiming' | 'new';

const NEXT_PHASES: Readonly<Record<Phase, readonly Phase[]>> = {
  closed: ['closed', 'pending'],
  pending: ['closed', 'claiming'],
  claiming: ['closed', 'claiming', 'new'],
  new: ['closed', 'claiming'],
};

/** @throws Error where a reader can't go from one phase to the other: a fault of this module. */
export function checkPhases(from: Phase, to: Phase): void {
  if (NEXT_PHASES[from].includes(to)) return;
  throw new Error(`A reader can't go from '${from}' to '${to}'.`);
}
