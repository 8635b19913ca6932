/** How many entries an index takes in in one step, at first: a few milliseconds of Redis's time. */
const ENTRIES = 300;

/** About how many bytes these may have: a script has all that it reads in Redis's memory. */
const BYTES = 1_000_000;

/** How many times as much a step takes in at most: some fifty milliseconds of Redis's time. */
const MOST = 16;

/** What a script replies that could not take in all: see `lua/includes/entity-index.lua`. */
export type BehindReply = ['behind', isAnew: number, count: number, length: number];

/** How much an index takes in in one step: more while others write about as fast, or it would never be complete. */
export class TakingPace {
  private factor = 1;
  private last: { readonly count: number; readonly length: number } | undefined;

  /** How many entries, and of how many bytes: as scripts take them. */
  get limits(): [entries: number, bytes: number] {
    return [ENTRIES * this.factor, BYTES * this.factor];
  }

  /** Takes over what a step has left. */
  note([, isAnew, count, length]: BehindReply): void {
    const { last } = this;
    this.last = { count, length };
    if (!last || isAnew) return;
    const isSlow = (length - last.length) * 2 > count - last.count;
    if (isSlow) this.factor = Math.min(this.factor * 2, MOST);
  }
}
