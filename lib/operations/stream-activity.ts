import type { EntryHead } from '../store/entries.js';
import { parseStreamName } from '../wire/stream-names.js';
import { ActivityReader, timeOf, type ActivityStore, type Point } from './activity-reader.js';
import { Tally, type NameCount } from './tally.js';

/** How many equal parts a time has. */
const PARTS = 60;

/** The times that are shown, ms: the shortest that has enough entries. */
const SPANS_MS = [3_600_000, 86_400_000, 7 * 86_400_000, 30 * 86_400_000, 365 * 86_400_000];
const ENOUGH = 30;

/** What has been stored on a stream of late, as far as it was looked at. */
export interface StreamActivity {
  readonly from: Date;
  readonly until: Date;
  /** How many entries were stored in each equal part of that time, oldest first. */
  readonly counts: readonly number[];
  /** Entries a minute in all that time; `null` where there is none. */
  readonly perMinute: number | null;
  /** Most frequent first. */
  readonly names: readonly NameCount[];
  /** How many other names there were. */
  readonly otherNames: number;
  /**
   * Whether each entry of that time was looked at. Otherwise these are estimates by `looked` entries, at points that are
   * spread over it.
   */
  readonly isExact: boolean;
  /** How many entries were looked at. */
  readonly looked: number;
}

/**
 * What has been stored on a stream of late, and how much of what, at the same cost however long it is: at most 5,300
 * entries or about 16 MB are read within the store, and their ids and names sent. The newest 500 are looked at one by
 * one. Where these do not reach far enough, 20 at each of 240 points of the time tell how close they follow each other.
 *
 * @param isGlance looks at the newest 500 only, and 1 MB, whatever time they are of.
 * @returns `null` where there are no entries.
 * @throws TransportError
 */
export async function readActivity(
  store: ActivityStore,
  stream: string,
  isGlance = false,
): Promise<StreamActivity | null> {
  const reader = new ActivityReader(store, stream, PARTS);
  const newest = await reader.newest(isGlance);
  const [last] = newest.heads;
  if (!last) return null;
  const now = Math.floor(store.time ?? new Date().getTime());
  // Ids may be of the future: a clock went back, or somebody has given them.
  const until = Math.max(now, timeOf(last));
  const from = Math.max(0, until - spanOf(newest.heads, until));
  const oldest = timeOf(newest.heads.at(-1) ?? last);
  if (newest.isAll || oldest < from) return exactly(stream, newest.heads, from, until);
  const points = isGlance ? null : await reader.points(from, until);
  return points
    ? estimated(stream, points, newest.heads, from, until, reader.looked)
    : exactly(stream, newest.heads, oldest, until);
}

/** The shortest time that has enough of these entries. */
function spanOf(heads: readonly EntryHead[], until: number): number {
  const enough = heads[Math.min(ENOUGH, heads.length) - 1];
  const needed = enough ? until - timeOf(enough) : 0;
  return SPANS_MS.find((ms) => needed < ms) ?? needed + 1;
}

function exactly(
  stream: string,
  heads: readonly EntryHead[],
  from: number,
  until: number,
): StreamActivity {
  const parts = new Parts(from, until);
  const tally = new Tally(parseStreamName(stream));
  for (const head of heads) {
    if (timeOf(head) < from) continue;
    parts.add(timeOf(head), 1);
    tally.add(head, 1);
  }
  return { ...parts.facts(), ...tally.facts(), isExact: true, looked: heads.length };
}

function estimated(
  stream: string,
  points: readonly Point[],
  newest: readonly EntryHead[],
  from: number,
  until: number,
  looked: number,
): StreamActivity {
  const parts = new Parts(from, until);
  const tally = new Tally(parseStreamName(stream));
  for (const point of points) {
    const weight = weightOf(point);
    parts.add(point.from, weight * point.heads.length);
    for (const head of point.heads) tally.add(head, weight);
  }
  // What has come all at once between two points, these don't show; of the newest it is known.
  const known = new Parts(from, until);
  for (const head of newest) known.add(timeOf(head), 1);
  parts.raiseTo(known);
  return { ...parts.facts(), ...tally.facts(), isExact: false, looked };
}

/** How many entries each of these stands for: they follow each other as close up to the next point. */
function weightOf({ from, until, heads, isFull }: Point): number {
  const last = heads.at(-1);
  if (!isFull || !last) return 1;
  return Math.max(1, (until - from) / Math.max(1, timeOf(last) - from));
}

/** Counts in equal parts of a time. */
class Parts {
  private readonly counts: number[] = Array.from({ length: PARTS }, () => 0);

  constructor(
    private readonly from: number,
    private readonly until: number,
  ) {}

  add(ms: number, count: number): void {
    const part = Math.floor(((ms - this.from) / Math.max(1, this.until - this.from)) * PARTS);
    const i = Math.min(PARTS - 1, Math.max(0, part));
    this.counts[i] = (this.counts[i] ?? 0) + count;
  }

  /** Makes each count at least that of others. */
  raiseTo(others: Parts): void {
    others.counts.forEach((count, i) => (this.counts[i] = Math.max(this.counts[i] ?? 0, count)));
  }

  facts(): Pick<StreamActivity, 'from' | 'until' | 'counts' | 'perMinute'> {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    const minutes = (this.until - this.from) / 60_000;
    return {
      from: new Date(this.from),
      until: new Date(this.until),
      counts: this.counts.map(Math.round),
      perMinute: minutes > 0 ? total / minutes : null,
    };
  }
}
