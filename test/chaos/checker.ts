import { checkDuplicates, type DuplicateCause } from './check-duplicates.js';
import { checkHandling } from './check-handling.js';
import { checkOrder } from './check-order.js';
import { checkStorage, outcomes } from './check-storage.js';
import { checkStranded } from './check-stranded.js';
import { checkTakeovers } from './check-takeovers.js';
import type { History } from './history.js';
import type { Violation } from './violation.js';

/** What a run came to. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/** How much was there to go wrong. */
export interface Figures {
  /** Events that were confirmed to the firer, at once or when fired again under the same id. */
  readonly confirmed: number;
  /** Tries whose fate the firer was not told. */
  readonly unknownTries: number;
  /** Events whose fate it never learnt. */
  readonly unknown: number;
  /** Attempts that were certainly not stored. */
  readonly refused: number;
  readonly stored: number;
  /** Handlings of events, all listeners together. */
  readonly handled: number;
  /** Handlings that were not the first of their listener, by what explains them. */
  readonly duplicates: Readonly<Record<DuplicateCause, number>>;
}

/** Compares what was confirmed with what is stored, and what is stored with what was handled. Pure. */
export function check(history: History): Verdict {
  const duplicates = checkDuplicates(history);
  const final = [...outcomes(history.fired).values()];
  const count = (outcome: string): number => final.filter((it) => it.outcome === outcome).length;
  return {
    violations: [
      ...checkStorage(history),
      ...checkHandling(history),
      ...checkOrder(history),
      ...checkStranded(history),
      ...checkTakeovers(history),
      ...duplicates.violations,
    ],
    figures: {
      confirmed: count('confirmed'),
      unknownTries: history.fired.filter(({ outcome }) => outcome === 'unknown').length,
      unknown: count('unknown'),
      refused: count('refused'),
      stored: history.stored.length,
      handled: history.handled.length,
      duplicates: duplicates.byCause,
    },
  };
}
