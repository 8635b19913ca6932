import { compareEntryIds, justBefore } from '../../wire/entry-id.js';
import type { VanishedHistory } from '../../store/group-state.js';

/** What was known of a group at a moment when nothing was missing, or all that was missing had been told. */
export interface Baseline {
  /** The last entry that the group had handed out. */
  readonly lastDeliveredId: string;
  /**
   * What has vanished untold is newer than this. Moves on with the group while nothing is removed, also where
   * the rest has to stay as it is.
   */
  readonly after: string;
  /** How many entries had ever been added up to there; `null` where that can't be known. */
  readonly rank: number | null;
  /** How many entries had ever been added to the stream. */
  readonly added: number;
  /** How many entries had been deleted or trimmed from the stream, by anybody. */
  readonly removed: number;
  /** How many entries the group had handed out, as far as this module has acknowledged them. */
  readonly delivered: number;
  /** The newest id of the stream. */
  readonly last: string;
}

/** A stream and a group of it at one moment: see `StreamFacts` and `GroupFacts`. */
export interface Observation {
  readonly added: number;
  readonly length: number;
  readonly first: string | null;
  readonly last: string;
  readonly deleted: string;
  readonly lastDeliveredId: string;
  readonly pending: number;
  readonly count: number;
  readonly remade: boolean;
}

/** What an observation says in the light of the last one. */
export interface Judgement {
  readonly vanished: VanishedHistory | null;
  /**
   * Whether that rests on what was acknowledged: where others (Python) read in the same group, it says
   * nothing, as what they acknowledge is not counted.
   */
  readonly isCounted: boolean;
  /** What the next observation is to be judged by. */
  readonly baseline: Baseline;
}

/**
 * Whether entries were deleted or trimmed that the group had not been given yet. Pure.
 *
 * The stream counts what was ever added to it, on every server and over restarts; of the group's own
 * counter (`entries-read`) no two servers think alike. Up to what the group was handed out last, all that
 * was added has been handed out, and is acknowledged or pending, or has vanished. How many were added up
 * to there is known where the group has read everything, and where nothing is left of what it has read; in
 * between, the judgement waits. Nothing is said where nothing was removed. The range begins where the group
 * was seen last before anything was removed: up to there, nothing can have vanished.
 *
 * A group that was made again stands where everything is acknowledged, which may be before what it had
 * handed out; what is missing there has vanished.
 *
 * @param ahead how many entries follow what the group was handed out last, if they were counted.
 */
export function judge(
  before: Baseline | null,
  now: Observation,
  ahead: number | null = null,
): Judgement {
  const rank = rankOf(now);
  const next: Baseline = {
    lastDeliveredId: now.lastDeliveredId,
    after: now.lastDeliveredId,
    rank: rank ?? (ahead === null ? null : now.added - ahead),
    added: now.added,
    removed: now.added - now.length,
    delivered: now.count + now.pending,
    last: now.last,
  };
  const nothing = (baseline: Baseline): Judgement => ({
    ...{ vanished: null, isCounted: false, baseline },
  });
  if (before && now.remade) {
    const vanished = isGoneAhead(before, now)
      ? { after: now.lastDeliveredId, until: lastVanished(now) }
      : null;
    return { vanished, isCounted: true, baseline: next };
  }
  const isOther =
    before &&
    (next.removed < before.removed || isOlder(now.lastDeliveredId, before.lastDeliveredId));
  if (!before || isOther) return nothing(next);
  const isSame = next.removed === before.removed;
  // Not further than the group is, which may have been set back.
  const after = isOlder(now.lastDeliveredId, before.after) ? now.lastDeliveredId : before.after;
  if (before.rank === null) {
    const vanished = isGoneUnranked(before, now) ? { after, until: lastVanished(now) } : null;
    // What may have vanished earlier, and could not be told yet, stays within the next range.
    const isKnown = vanished !== null || next.rank !== null || isSame;
    const baseline = isKnown ? next : { ...next, after, removed: before.removed };
    return { vanished, isCounted: false, baseline };
  }
  if (rank === null) {
    const { added, last } = now;
    return nothing({ ...before, added, last, after: isSame ? now.lastDeliveredId : after });
  }
  // A group that starts in the future is meant not to be given what comes before.
  if (isOlder(now.last, now.lastDeliveredId)) return nothing(next);
  const isUntouched = now.lastDeliveredId === before.lastDeliveredId;
  const handedOut = isUntouched ? 0 : next.delivered - before.delivered;
  const missing = Math.min(rank - before.rank - handedOut, next.removed - before.removed);
  if (missing <= 0) return nothing(next);
  return {
    vanished: { after, until: lastVanished(now) },
    isCounted: !isUntouched,
    baseline: next,
  };
}

/** How many entries were ever added up to what the group was handed out last. */
function rankOf({ added, length, first, last, lastDeliveredId }: Observation): number | null {
  if (!isOlder(lastDeliveredId, last)) return added;
  return first === null || isOlder(lastDeliveredId, first) ? added - length : null;
}

/** Whether something that followed what is acknowledged is certainly gone. */
function isGoneAhead(before: Baseline, now: Observation): boolean {
  const { first, added, length, lastDeliveredId: done } = now;
  const isGone = (id: string) => isOlder(done, id) && (first === null || isOlder(id, first));
  if (!isOlder(done, now.last) || (first !== null && !isOlder(done, first))) return false;
  if (isGone(before.lastDeliveredId) || isGone(before.last)) return true;
  const isOther = added < before.added;
  if (isOther) return length < added;
  if (before.rank === null) return false;
  // What was acknowledged since lies behind what is acknowledged, and may have been removed as well.
  const isFurther = isOlder(before.lastDeliveredId, done);
  const since = isFurther ? Math.max(0, now.count - before.delivered) : 0;
  return added - length > before.rank + since;
}

/** Without a count: what was the newest entry then, and ahead of the group now, is there no more. */
function isGoneUnranked(before: Baseline, { first, lastDeliveredId }: Observation): boolean {
  return isOlder(lastDeliveredId, before.last) && (first === null || isOlder(before.last, first));
}

/** What was trimmed is older than the oldest entry that is left; of what was deleted, the newest is known. */
function lastVanished({ first, last, deleted }: Observation): string {
  if (first === null) return last;
  const trimmed = justBefore(first);
  return isOlder(trimmed, deleted) ? deleted : trimmed;
}

function isOlder(a: string, b: string): boolean {
  return compareEntryIds(a, b) < 0;
}
