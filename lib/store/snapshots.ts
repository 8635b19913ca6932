/**
 * The part of the interface about texts that are kept beside a stream for a while, as what they are made of takes
 * longer. A cache: what was written may be gone at any time.
 */
export interface Snapshots {
  /** A text that was written; `undefined` where there is none any more. */
  readSnapshot(stream: string, name: string): Promise<string | undefined>;

  /** Keeps a text under a name, in place of the one before. */
  writeSnapshot(stream: string, name: string, text: string): Promise<void>;
}

/** For how long a text is kept at least, after it was written: 30 days, ms. */
export const SNAPSHOT_KEPT_MS = 30 * 24 * 60 * 60_000;
