/** Field names and values of an entry in order, flat: name, value, name, value. */
export type FlatFields = readonly string[];

/** An entry as the store read it. */
export interface StoredEntry {
  /** Entry id: `<ms>-<seq>`. */
  readonly nativeId: string;
  /** `null`: the entry is pending, but its data has been deleted or trimmed from the stream. */
  readonly fields: FlatFields | null;
}

/** Options of `EventStore.range`. */
export interface RangeOptions {
  /** Inclusive start id, `-` for the first entry; `(id` excludes. */
  readonly start: string;
  /** Inclusive end id, `+` for the last entry; `(id` excludes. */
  readonly end: string;
  readonly count: number;
  readonly reverse?: boolean;
}
