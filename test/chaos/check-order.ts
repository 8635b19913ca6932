import type { Violation } from './violation.js';
import { groupBy } from './group-by.js';
import type { Handling, History, StoredEvent } from './history.js';

/**
 * A listener with a single worker handles each stream's events in their order: none for the first
 * time before all that precede it. An incarnation of the worker goes from event to event without a
 * gap or a step back; a new one may begin with what its predecessor had in hand. One that was replaced, and
 * has its name again, goes on where the other stopped.
 */
export function checkOrder({ listeners, stored, handled }: History): Violation[] {
  const streams = groupBy(stored, ({ stream }) => stream);
  return listeners
    .filter(({ ordered }) => ordered)
    .flatMap(({ name, inHand }) =>
      [...groupBy(handled, ({ stream }) => stream)].flatMap(([stream, all]) =>
        checkStream(
          // One that was told to stop has no say any more: a process that was replaced ends it late.
          all.filter(({ listener, aborted }) => listener === name && !aborted),
          streams.get(stream) ?? [],
          inHand[stream] ?? 1,
        ),
      ),
    );
}

function checkStream(
  handled: readonly Handling[],
  stored: readonly StoredEvent[],
  inHand: number,
): Violation[] {
  const places = new Map(stored.map(({ nativeId }, place) => [nativeId, place]));
  const seen = new Set<number>();
  const last = new Map<number, number>();
  let previous: number | undefined;
  const violations: Violation[] = [];
  let due = 0;
  /** The event that is known to have been overtaken: said once, however many overtake it. */
  let overtaken = -1;
  for (const handling of handled) {
    const place = places.get(handling.nativeId);
    // An entry that the stream does not hold has no place; checkHandling reports it.
    if (place === undefined) continue;
    const report = (what: string): void => {
      const message = `${describe(handling, stored[place])} ${what}`;
      violations.push({ kind: 'out of order', message });
    };
    const before = last.get(handling.incarnation);
    last.set(handling.incarnation, place);
    const isBack = previous !== undefined && previous !== handling.incarnation;
    previous = handling.incarnation;
    if (!seen.has(place) && place !== due) {
      if (overtaken !== due) report(`before event ${stored[due]?.n}, which precedes it.`);
      overtaken = due;
    } else if (before !== undefined && place !== before + 1 && !(isBack && place > before)) {
      report(`after event ${stored[before]?.n}, by the same process.`);
    } else if (before === undefined && place < due - inHand) {
      report(`again, although the process before had gone on to event ${stored[due - 1]?.n}.`);
    }
    seen.add(place);
    while (seen.has(due)) due++;
  }
  return violations;
}

function describe({ listener, stream, nativeId }: Handling, event?: StoredEvent): string {
  return `Listener '${listener}' handled event ${event?.n} of '${stream}' (${nativeId})`;
}
