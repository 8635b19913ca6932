import { LEASE_MS } from '../../lib/reading/membership/presence.js';
import type { Handling, History, Takeover } from './history.js';
import type { Violation } from './violation.js';

/** How long after the end of its lease a process may find that out, ms. */
const NOTICE_MS = 1_000;

/** Once its network is back, a process learns within this that it was replaced, ms: with its next sign of life. */
const TOLD_MS = 2_000;

/**
 * A process that was replaced under its name handles nothing any more as soon as it can know that: it
 * was told; or its lease has ended by its own clock; or it has had its network back for long enough.
 * And what its handler was busy with by then is told to stop.
 */
export function checkTakeovers(history: History): Violation[] {
  return history.takeovers.flatMap((takeover) => checkTakeover(history, takeover));
}

function checkTakeover(history: History, takeover: Takeover): Violation[] {
  const told = toldAt(history, takeover);
  const reachable = reachableAt(history, takeover) + TOLD_MS;
  // Whoever has the name handles what comes. Until then the first one may have it back.
  const began = beganAt(history, takeover);
  const knew = Math.max(began, Math.min(told, reachable, leaseEnd(takeover)));
  return history.handled
    .filter(({ incarnation }) => incarnation === takeover.replaced)
    .flatMap((handling) => {
      const what =
        handling.from > knew
          ? `began ${describe(handling)} ${handling.from - knew} ms after it could know that it was replaced`
          : handling.to > Math.max(began, Math.min(told, reachable)) && !handling.aborted
            ? `went on with ${describe(handling)} and was not told to stop, though it was replaced`
            : undefined;
      return what ? [{ kind: 'went on' as const, message: messageOf(takeover, what) }] : [];
    });
}

/** When the other one began to handle: the name was its own by then. */
function beganAt({ handled }: History, { by, takenAt }: Takeover): number {
  const own = handled.filter(({ incarnation, from }) => incarnation === by && from >= takenAt);
  return Math.min(Infinity, ...own.map(({ from }) => from));
}

/** When it was told that an event is not its own any more, after another one had its name. */
function toldAt({ notices }: History, { replaced, takenAt }: Takeover): number {
  const times = notices
    .filter(({ incarnation, at }) => incarnation === replaced && at >= takenAt)
    .map(({ at }) => at);
  return Math.min(Infinity, ...times);
}

/** When its network was back, and nothing else was in the way of a sign of life. */
function reachableAt({ interruptions }: History, { replaced, to }: Takeover): number {
  return interruptions
    .filter(({ incarnation }) => incarnation === undefined || incarnation === replaced)
    .toSorted((a, b) => a.from - b.from)
    .reduce((at, it) => (it.from < at + TOLD_MS && it.to > at ? it.to : at), to);
}

/** When it could know by itself. Who stood still had no clock to look at. */
function leaseEnd({ how, from }: Takeover): number {
  return how === 'silent' ? from + LEASE_MS + NOTICE_MS : Infinity;
}

function describe({ nativeId, stream }: Handling): string {
  return `${nativeId} of '${stream}'`;
}

function messageOf({ listener, replaced }: Takeover, what: string): string {
  return `Listener '${listener}': process ${replaced} ${what}.`;
}
