import { inContext } from '../redis/in-context.js';
import type { EntryHead, RangeOptions } from '../store/entries.js';
import type { EventStore } from '../store/event-store.js';
import { entryTime } from '../wire/entry-id.js';

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

/** What is read of a stream for its activity. */
export type ActivityStore = Pick<EventStore, 'heads' | 'time' | 'description'>;

/** Entries from a point on, up to the next one. */
export interface Point {
  readonly from: number;
  readonly until: number;
  readonly heads: readonly EntryHead[];
  /** Whether there may be more of them up to the next point. */
  readonly isFull: boolean;
}

/** Reads heads within bounds. */
export class ActivityReader {
  looked = 0;
  private bytes = 0;

  constructor(
    private readonly store: ActivityStore,
    private readonly stream: string,
    /** Into how many parts a time is divided. */
    private readonly parts: number,
  ) {}

  /** The newest entries, newest first, and whether these are all that there are. @param isGlance of 1 MB at most. */
  async newest(isGlance: boolean): Promise<{ heads: EntryHead[]; isAll: boolean }> {
    const mostBytes = isGlance ? STEP_BYTES : MOST_BYTES / 4;
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
    const number = this.parts * POINTS;
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

/** When an entry was stored, ms since 1970. */
export function timeOf({ nativeId }: EntryHead): number {
  return entryTime(nativeId).getTime();
}
