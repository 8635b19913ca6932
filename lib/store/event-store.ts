/** What the rest of the library sees of a place that stores streams: Redis, or this process's memory. */

import type { Auditable } from '../durability/durability.js';

/** Field names and values of an entry in order, flat: name, value, name, value. */
export type FlatFields = readonly string[];

/** An entry as the store read it. */
export interface StoredEntry {
  /** Entry id: `<ms>-<seq>`. */
  readonly nativeId: string;
  /** `null`: the entry is pending, but its data has been deleted or trimmed from the stream. */
  readonly fields: FlatFields | null;
}

/** An entry that was handed to a consumer and waits to be acknowledged. */
export interface PendingEntry extends StoredEntry {
  /** How often the group has handed it to a consumer; 1 is the first time. */
  readonly deliveryCount: number;
}

/** One consumer of one consumer group on one stream. */
export interface ConsumerRef {
  readonly stream: string;
  /** `{service_name}-{listener_name}`, verbatim. */
  readonly group: string;
  /** The process name. */
  readonly consumer: string;
}

/** Entries that have vanished before a group's listener handled them: history is lost. */
export interface LostHistory {
  /** What is lost follows this id. */
  readonly after: string;
  /** What is lost ends with this id at the latest; `null` where the whole stream has vanished. */
  readonly until: string | null;
}

/** Who holds a process name: what the holder said of itself. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  /** When the holder started, ISO 8601. */
  readonly since: string;
  /** Distinguishes holders of the same host and process id. */
  readonly token: string;
}

/** How a consumer opens its group. */
export interface OpenGroupOptions {
  /** Where the group starts if it is made for the first time: `0`, `$` or an entry id. */
  readonly since: string;
  /**
   * The last entry up to which this process knows everything to be acknowledged, if it does. A group
   * that has vanished is made again after the position that is stored beside it, else after this one.
   */
  readonly position?: string;
  /**
   * The newest entry that this process knows the stream to have held, if it does. A stream that never
   * held it has taken the place of another one: a new group starts at its beginning. Where the group is
   * there, Redis has gone back to an older state, and what followed is lost.
   */
  readonly newest?: string;
}

/** What {@link EventStore.openGroup} found or made. */
export interface GroupState {
  /** Whether the group was made by this call. */
  readonly created: boolean;
  /** Whether a group that was made by this call had been there before. */
  readonly vanished: boolean;
  /** The last entry that the group has handed to any consumer. */
  readonly lastDeliveredId: string;
  /** How many entries lie ahead of the group; `null` where it can't be known. */
  readonly ahead: number | null;
  /** What the group has lost since it was last looked at. */
  readonly lost: LostHistory | null;
  /** The newest entry that the stream is known to have held; `null` for none. */
  readonly newest: string | null;
}

/** One page of entries that were taken over from other consumers. */
export interface ClaimedPage {
  readonly entries: readonly PendingEntry[];
  /** Where the next page starts; `null` after the last one. */
  readonly next: string | null;
}

/** Why an entry was set aside: the first field of a dead letter, as JSON. */
export interface DeadLetterReport {
  /** Listener name. */
  readonly listener: string;
  /** Short reason: `malformed`, `deleted`, `invalid`, `failed`. */
  readonly reason: string;
  /** What went wrong, in words. */
  readonly message: string;
  /** Stack of the handler's last error, if there was one. */
  readonly stack?: string;
  /** How often a handler was tried. */
  readonly attempts: number;
}

/** An entry of a dead-letter stream. */
export interface StoredDeadLetter {
  /** Entry id of the letter itself. */
  readonly id: string;
  /** The report, and where the entry came from; `null`: no dead letter, somebody else has put it there. */
  readonly report:
    | (DeadLetterReport & {
        readonly stream: string;
        readonly nativeId: string;
        readonly group: string;
        readonly consumer: string;
        readonly time: string;
      })
    | null;
  /** The original entry's fields; `null` where its data was gone. Without a report, the entry's own. */
  readonly fields: FlatFields | null;
}

/** Which letter is to be driven again, and where its original is. */
export interface Redrive {
  /** Entry id of the letter. */
  readonly id: string;
  /** Entry id of its original, as its report says. */
  readonly nativeId: string;
}

/** Options of {@link EventStore.append}. */
export interface AppendOptions {
  /**
   * Store only those entries that are not there already: event and Lightbus id say which it is. The
   * others resolve to the ids of the entries that are there. Ms for which this holds: what was stored
   * with this option is remembered so long; what was stored without it is looked for in the stream, if
   * its id is one of `newEventId`, and is not found under any other. The Lightbus ids of the entries differ.
   */
  readonly onceWithinMs?: number;
  /** `XADD … MAXLEN ~ n`; `null` keeps everything. */
  readonly maxLength: number | null;
  /** Bound for the whole call, waiting for a connection included. Milliseconds. */
  readonly timeoutMs: number;
}

/** Options of {@link EventStore.range}. */
export interface RangeOptions {
  /** Inclusive start id, `-` for the first entry; `(id` excludes. */
  readonly start: string;
  /** Inclusive end id, `+` for the last entry; `(id` excludes. */
  readonly end: string;
  readonly count: number;
  readonly reverse?: boolean;
}

/**
 * Stores streams, and groups that read them. Methods reject with a `TransportError` where the
 * store refused or could not be reached; callers decide whether to try again.
 */
export interface EventStore extends Auditable {
  /**
   * Changes with each new connection: Redis may have been another one in between, or have gone back to
   * an older state, so whoever reads has to look again at where it stands.
   */
  readonly session: number;

  /**
   * The store's time, ms since 1970, or a little less, never more; `undefined` where it isn't known.
   * Ids of events are made of it, not of this process's clock: see `newEventId`.
   */
  readonly time: number | undefined;

  /**
   * Stores entries on one stream in one step: all or none, in order, nothing between them.
   *
   * @returns the entry ids, once stored.
   * @throws PublishError nothing was stored; `PublishOutcomeUnknownError` where that isn't known;
   *   `NotReplicatedError` they are stored, but on fewer replicas than asked for. All with the Lightbus
   *   ids of the entries.
   */
  append(stream: string, entries: readonly FlatFields[], options: AppendOptions): Promise<string[]>;

  /**
   * Takes or keeps the lease on the consumer's name for `ttlMs`: one process at a time reads under
   * one name.
   *
   * @returns `null` where it is ours now; the holder, if another process has it.
   */
  lease(ref: ConsumerRef, holder: LeaseHolder, ttlMs: number): Promise<LeaseHolder | null>;

  /** Gives the lease back, if it is ours. */
  release(ref: ConsumerRef, holder: LeaseHolder): Promise<void>;

  /** The last entry that the group has handed to any consumer; `null` where there is no such group. */
  groupPosition(ref: Pick<ConsumerRef, 'stream' | 'group'>): Promise<string | null>;

  /**
   * Makes group and consumer (and the stream) where they are missing, in one step. A group that was
   * there before is made again where it had stopped; what was lost meanwhile is told.
   */
  openGroup(ref: ConsumerRef, options: OpenGroupOptions): Promise<GroupState>;

  /**
   * Keeps house in the group: refreshes this consumer's idle time, so that nobody's clean-up takes a
   * quiet one for dead; removes other consumers that hold nothing and have been idle for
   * `consumerTtlMs`; looks for entries that were deleted or trimmed before the group was given them.
   *
   * @param newest see {@link OpenGroupOptions.newest}.
   * @returns what the group has lost since it was last looked at.
   */
  maintain(ref: ConsumerRef, consumerTtlMs: number, newest?: string): Promise<LostHistory | null>;

  /** This consumer's own pending entries after `after`, oldest first. Raises their delivery count. */
  readPending(ref: ConsumerRef, after: string, count: number): Promise<PendingEntry[]>;

  /**
   * Takes over entries that have been idle with another consumer for `minIdleMs`, oldest first.
   * `cursor` is `-` for the first page. One whose data is gone is reported with `fields: null` and
   * stays with its owner.
   */
  claim(ref: ConsumerRef, minIdleMs: number, cursor: string, count: number): Promise<ClaimedPage>;

  /** The next entries that the group has handed to nobody yet. Never waits. */
  readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]>;

  /** Acknowledges those that this consumer still owns, in one step. Resolves to their ids. */
  acknowledge(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]>;

  /**
   * Resets the idle time of entries that this consumer still owns, without raising their delivery
   * count. Resolves to their ids: an id that is missing has been taken over.
   */
  keepAlive(ref: ConsumerRef, nativeIds: readonly string[]): Promise<string[]>;

  /**
   * Copies a pending entry byte for byte to the listener's dead-letter stream, with the report
   * before its fields, and acknowledges it, in one step. The original stays where it is.
   * An entry whose data is gone may be pending with any consumer: nobody else can handle it either.
   *
   * @returns false where the entry is not ours any more; nothing was done.
   */
  deadLetter(ref: ConsumerRef, nativeId: string, report: DeadLetterReport): Promise<boolean>;

  /** The entries of a group's dead-letter stream, whoever has put them there. */
  deadLetters(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    range: RangeOptions,
  ): Promise<StoredDeadLetter[]>;

  /**
   * Makes the originals of dead letters pending again, to be claimed by the next consumer that looks
   * for timed-out entries, and removes the letters, all in one step. What a consumer has in hand
   * already stays with it; its letter goes.
   *
   * @param letters a few hundred at most, oldest original first.
   * @returns how many were driven again. A letter that is not there (any more) counts as none, and
   *   one whose original has been deleted stays.
   */
  redrive(ref: Pick<ConsumerRef, 'stream' | 'group'>, letters: readonly Redrive[]): Promise<number>;

  /** Removes dead letters. The original entries stay in the stream. @returns how many there were. */
  discard(
    ref: Pick<ConsumerRef, 'stream' | 'group'>,
    letterIds: readonly string[],
  ): Promise<number>;

  /** Entries of a stream, whoever has read them. */
  range(stream: string, options: RangeOptions): Promise<StoredEntry[]>;

  /**
   * Resolves when the stream may hold an entry after `after`, or when `signal` is aborted.
   * May resolve early; never rejects.
   *
   * @returns the id of the stream's newest entry at that time, `after` where that isn't known: what
   *   to wait after next, if a read then finds nothing (other consumers may have been faster).
   */
  whenAppended(stream: string, after: string, signal: AbortSignal): Promise<string>;

  /** Names of all streams of events. On Redis this looks at every key: for operators. */
  findStreams(): Promise<string[]>;

  /**
   * Names of an API's streams: those of its single events, and its own. Who asks again and again is
   * answered from what is known, and a stream that is new becomes known within seconds; one that
   * neither {@link announce} nor a published schema tells of, within the minutes that it takes to
   * look at every key at a rate that Redis does not feel.
   *
   * @param complete if nobody has asked for a minute, look at every key first. Otherwise only the
   *   first who asks waits for that.
   */
  streamsOfApi(apiName: string, complete: boolean): Promise<string[]>;

  /**
   * Tells other processes, once, of a stream of single events that is about to be appended to. Does
   * not wait, and never fails: what is told leaves in one write with the append that follows.
   */
  announce(apiName: string, stream: string): void;

  /** Releases what this store holds. Idempotent. */
  close(): Promise<void>;
}
