const MAX_NOTES = 20;
const MAX_QUOTED = 60;
const NONE: readonly string[] = Object.freeze([]);

/** Collects what was irregular about an entry; bounded, as an entry can hold any number of fields. */
export class Notes {
  // Most entries have none.
  private kept: readonly string[] = NONE;
  private left = 0;

  add(note: string): void {
    if (this.kept.length < MAX_NOTES) this.kept = [...this.kept, note];
    else this.left++;
  }

  /** How many there are. */
  get count(): number {
    return this.kept.length + this.left;
  }

  /** Forgets those that were added since there were so many. */
  backTo(count: number): void {
    this.kept = this.kept.slice(0, count);
    this.left = Math.max(0, count - MAX_NOTES);
  }

  /** The first notes, and how many more there were. */
  list(): readonly string[] {
    return this.left === 0 ? this.kept : [...this.kept, `${this.left} more of the kind`];
  }
}

/** Quotes text that a stranger wrote: on one line, no control characters, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
