import type { FireRecord, History, StoredEvent } from './history.js';
import { groupBy } from './group-by.js';
import type { Violation } from './violation.js';

/** What became of one attempt to fire, however often it was repeated under its id. */
interface Attempt {
  readonly name: string;
  readonly outcome: FireRecord['outcome'];
  readonly nativeId?: string;
}

/** Compares what was said to the firer with what the streams hold. */
export function checkStorage({ fired, stored }: History): Violation[] {
  const attempts = outcomes(fired);
  const entries = groupBy(stored, keyOf);
  const violations: Violation[] = [];
  for (const [key, { name, outcome, nativeId }] of attempts) {
    const found = (entries.get(key) ?? []).map((entry) => entry.nativeId);
    if (outcome === 'confirmed' && !found.includes(nativeId ?? '')) {
      violations.push({
        kind: 'lost',
        message: `${name} was confirmed as ${nativeId}, and is not in its stream.`,
      });
    }
    if (outcome === 'refused' && found.length > 0) {
      violations.push({
        kind: 'wrong answer',
        message: `${name} is stored as ${found.join(', ')}; the firer was told that it certainly is not.`,
      });
    }
    if (found.length > 1) {
      violations.push({
        kind: 'stored twice',
        message: `${name} is stored ${found.length} times: ${found.join(', ')}.`,
      });
    }
  }
  for (const [key, [entry]] of entries) {
    if (entry && !attempts.has(key)) {
      violations.push({
        kind: 'wrong answer',
        message: `${describe(entry)} (${entry.nativeId}) is stored, and nobody fired it.`,
      });
    }
  }
  return violations;
}

/** Attempts by what their events say of themselves: once confirmed, confirmed; refused only if every try was. */
export function outcomes(fired: readonly FireRecord[]): Map<string, Attempt> {
  const attempts = new Map<string, Attempt>();
  for (const [key, records] of groupBy(fired, keyOf)) {
    const confirmed = records.find(({ outcome }) => outcome === 'confirmed');
    const refused = records.every(({ outcome }) => outcome === 'refused');
    const outcome = confirmed ? 'confirmed' : refused ? 'refused' : 'unknown';
    attempts.set(key, { name: describe(records[0]!), outcome, nativeId: confirmed?.nativeId });
  }
  return attempts;
}

function keyOf({ stream, n, attempt }: FireRecord | StoredEvent): string {
  return `${stream} ${n} ${attempt}`;
}

function describe({ stream, n, attempt }: FireRecord | StoredEvent): string {
  return `Event ${n} (attempt ${attempt}) of '${stream}'`;
}
