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

/** What an entry is, without its payload. */
export interface EntryHead {
  readonly nativeId: string;
  /** What its field `api_name` says, the first 200 bytes of it; `''` where there is none. */
  readonly apiName: string;
  /** The same of `event_name`. */
  readonly eventName: string;
}

/** How much {@link EntryHead}s may cost. */
export interface HeadsOptions {
  /** Of how many bytes entries may be read, about: the store has them in its memory meanwhile. */
  readonly bytes: number;
  /** How many bytes an entry has, as those that were read before tell. @default unknown: a few tell */
  readonly entryBytes?: number;
}

/** What `EventStore.heads` found. */
export interface FoundHeads {
  /** For each range in order, as far as ranges were begun. */
  readonly ranges: readonly {
    readonly heads: readonly EntryHead[];
    /** Whether there may be more of it, for which there were no bytes left. */
    readonly isCut: boolean;
  }[];
  /** How many entries were read, and how many bytes they have together. */
  readonly entries: number;
  readonly bytes: number;
}
