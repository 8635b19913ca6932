/** Field names and values of an entry in order, flat: name, value, name, value. */
export type FlatFields = readonly string[];

/** An entry as the store read it. */
export interface StoredEntry {
  /** Entry id: `<ms>-<seq>`. */
  readonly nativeId: string;
  /** `null`: the entry is pending, but its data has been deleted or trimmed from the stream. */
  readonly fields: FlatFields | null;
}
