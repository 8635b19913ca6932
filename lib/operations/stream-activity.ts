import { inContext } from '../redis/in-context.js';
import type { EntryHead, RangeOptions } from '../store/entries.js';
import type { EventStore } from '../store/event-store.js';
import { entryTime } from '../wire/entry-id.js';
import { parseStreamName } from '../wire/stream-names.js';
import { Tally, type NameCount } from './tally.js';

/** How many equal parts a time has. */
const PARTS = 60;

/** How many entries, the newest ones, are looked at before anything else. */
const NEWEST = 500;

/** Where there are more: at how many points of each part, and how many entries at each. */
const POINTS = 4;
const AT_POINT = 20;

/** So few tell nothing of how close others follow. */
const FEWEST_AT_POINT = 5;

/** About how many bytes of entries one step may have Redis read, and how many all of them. */
const STEP_BYTES = 1_000_000;
const MOST_BYTES = 16_000_000;

/** How many points one step has. */
const POINTS_AT_ONCE = 30;

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

/** What is read of a stream for it. */
export type ActivityStore = Pick<EventStore, 'heads' | 'time' | 'description'>;

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
  const reader = new HeadsReader(store, stream);
  const newest = await reader.newest(isGlance ? STEP_BYTES : MOST_BYTES / 4);
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
    ? estimated(stream, points, from, until, reader.looked)
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

/** Entries from a point on, up to the next one. */
interface Point {
  readonly from: number;
  readonly until: number;
  readonly heads: readonly EntryHead[];
  /** Whether there may be more of them up to the next point. */
  readonly isFull: boolean;
}

function estimated(
  stream: string,
  points: readonly Point[],
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

/** Reads heads within bounds. */
class HeadsReader {
  looked = 0;
  private bytes = 0;

  constructor(
    private readonly store: ActivityStore,
    private readonly stream: string,
  ) {}

  /** The newest entries, newest first, and whether these are all that there are. */
  async newest(mostBytes: number): Promise<{ heads: EntryHead[]; isAll: boolean }> {
    const heads: EntryHead[] = [];
    let end = '+';
    for (;;) {
      const count = NEWEST - heads.length;
      const [range] = await this.read([{ start: '-', end, count, reverse: true }]);
      heads.push(...(range?.heads ?? []));
      const last = heads.at(-1);
      if (!range?.isCut || !last) return { heads, isAll: heads.length < NEWEST };
      if (this.bytes >= mostBytes) return { heads, isAll: false };
      end = `(${last.nativeId}`;
    }
  }

  /** What is at points of a time; `null` where entries are too large for as many as it takes. */
  async points(from: number, until: number): Promise<Point[] | null> {
    const number = PARTS * POINTS;
    const affordable = (MOST_BYTES - this.bytes) / number / this.entryBytes;
    const count = Math.min(AT_POINT, Math.floor(affordable));
    if (count < FEWEST_AT_POINT) return null;
    const at = (i: number) => Math.floor(from + ((until - from) * i) / number);
    const points: Point[] = [];
    while (points.length < number) {
      if (this.bytes >= MOST_BYTES) return null;
      const next = Math.min(POINTS_AT_ONCE, number - points.length);
      const bounds = Array.from({ length: next }, (_, i) => points.length + i);
      const ranges = bounds.map((i) => {
        const isLast = i === number - 1;
        return { start: `${at(i)}-0`, end: isLast ? '+' : `(${at(i + 1)}-0`, count };
      });
      const found = await this.read(ranges);
      for (const [asked, { heads, isCut }] of found.entries()) {
        // The first of the next step has room.
        if (isCut && asked > 0) break;
        const i = points.length;
        const isFull = isCut || heads.length === count;
        points.push({ from: at(i), until: at(i + 1), heads, isFull });
      }
    }
    return points;
  }

  private get entryBytes(): number {
    return Math.max(1, this.bytes / Math.max(1, this.looked));
  }

  private async read(ranges: readonly RangeOptions[]) {
    const entryBytes = this.looked > 0 ? this.entryBytes : 0;
    const found = await inContext(
      `Looking at '${this.stream}'`,
      this.store.description,
      this.store.heads(this.stream, ranges, { bytes: STEP_BYTES, entryBytes }),
    );
    this.looked += found.entries;
    this.bytes += found.bytes;
    return found.ranges;
  }
}

function timeOf({ nativeId }: EntryHead): number {
  return entryTime(nativeId).getTime();
}
