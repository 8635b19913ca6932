const MAX_NOTES = 20;
const MAX_QUOTED = 60;

/** Collects what was irregular about an entry; bounded, as an entry can hold any number of fields. */
export class Notes {
  private readonly kept: string[] = [];
  private left = 0;

  readonly add = (note: string): void => {
    if (this.kept.length < MAX_NOTES) this.kept.push(note);
    else this.left++;
  };

  /** The first notes, and how many more there were. */
  list(): readonly string[] {
    return this.left === 0 ? this.kept : [...this.kept, `${this.left} more of the kind`];
  }
}

/** Quotes text that a stranger wrote: on one line, no control characters, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
