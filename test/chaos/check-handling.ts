import type { Violation } from './violation.js';
import type { History } from './history.js';

/** Whatever is stored must have been handled by every listener, and nothing else. */
export function checkHandling({ listeners, stored, handled }: History): Violation[] {
  const violations: Violation[] = [];
  for (const { name } of listeners) {
    const own = handled.filter(({ listener, aborted }) => listener === name && !aborted);
    const done = new Set(own.map(keyOf));
    for (const event of stored) {
      if (done.delete(keyOf(event))) continue;
      violations.push({
        kind: 'lost',
        message: `Event ${event.n} of '${event.stream}' (${event.nativeId}) was never handled by listener '${name}'.`,
      });
    }
    for (const key of done) {
      violations.push({
        kind: 'lost',
        message: `Listener '${name}' has handled ${key}, which the stream does not hold any more.`,
      });
    }
  }
  return violations;
}

function keyOf({ stream, nativeId }: { stream: string; nativeId: string }): string {
  return `${nativeId} of '${stream}'`;
}
