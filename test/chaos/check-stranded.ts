import { groupBy } from './group-by.js';
import type { Handling, History } from './history.js';
import type { Violation } from './violation.js';

/** Once everything is left alone, an event waits no longer than this while later ones are handled, ms. */
const BOUND_MS = 15_000;

/** Nothing may be left behind: to be handled at last, because something else happened to free it, is too late. */
export function checkStranded({ listeners, stored, handled, faultsEndedAt }: History): Violation[] {
  const violations: Violation[] = [];
  for (const { name } of listeners) {
    const own = handled.filter(({ listener, aborted }) => listener === name && !aborted);
    const first = firstHandlings(own);
    for (const [stream, events] of groupBy(stored, (event) => event.stream)) {
      // From the newest one back: when was any later event handled?
      let later = Infinity;
      for (const { n, nativeId } of events.toReversed()) {
        const at = first.get(`${nativeId} ${stream}`);
        // One that was never handled is lost; `checkHandling` reports it.
        if (at === undefined) continue;
        const waited = at - Math.max(later, faultsEndedAt);
        if (waited > BOUND_MS) {
          const message =
            `Event ${n} of '${stream}' (${nativeId}) was handled by listener '${name}' ${waited} ms after ` +
            'a later one, with nothing in the way.';
          violations.push({ kind: 'stranded', message });
        }
        later = Math.min(later, at);
      }
    }
  }
  return violations;
}

function firstHandlings(handled: readonly Handling[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { nativeId, stream, to } of handled) {
    const key = `${nativeId} ${stream}`;
    first.set(key, Math.min(to, first.get(key) ?? Infinity));
  }
  return first;
}
