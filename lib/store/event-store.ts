/** What the rest of the library sees of a place that stores streams: Redis, or this process's memory. */

import type { Auditable } from '../durability/durability.js';
import type { ConsumerGroups, GroupRef, Member } from './consumer-groups.js';
import type { Entities, Expectation } from './entities.js';
import type { FlatFields, FoundHeads, HeadsOptions, RangeOptions, StoredEntry } from './entries.js';
import type { Inspectable } from './inspection.js';
import type { Retirable } from './retirement.js';
import type { Snapshots } from './snapshots.js';

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
  /** `XADD … MAXLEN ~ n`; `null` keeps everything. */
  readonly maxLength: number | null;
  /** Bound for the whole call, waiting for a connection included. Milliseconds. */
  readonly timeoutMs: number;
}

/** Options of {@link EventStore.appendOnce}. */
export interface AppendOnceOptions extends AppendOptions {
  /**
   * Ms for which this holds: what was stored by `appendOnce` is remembered so long; what was stored by
   * `append` is looked for in the stream, if its id is one of `newEventId`, and is not found under any other.
   */
  readonly onceWithinMs: number;
  /** The ids were made just now: nothing can be stored under them, and nothing is looked for. @default false */
  readonly areNew?: boolean;
  /** What must be true of the entity that all entries are about, unless all of them are there already. */
  readonly expected?: Expectation;
}

/** Options of {@link EventStore.checkSize}. */
export interface SizeOptions {
  /** Whether the entries will be stored by {@link EventStore.appendOnce}, which takes fewer fields. */
  readonly once: boolean;
}

/** Where an entry of {@link EventStore.appendOnce} is. */
export interface OncePlace {
  readonly nativeId: string;
  /**
   * The fields of an entry that was there before; `null` where they can't be known any more, as the entry
   * was trimmed or deleted since. Absent for what is stored now.
   */
  readonly found?: FlatFields | null;
  /** The how many-th event of its entity it is, from 1; with {@link AppendOnceOptions.expected}, as long as it is there. */
  readonly sequence?: number;
}

/** What a stream tells: entries were appended, or handed back. */
export type StreamNews = 'appended' | 'handed_back';

/**
 * What its listeners are told: that, or that this process has just sent an entry, so that what is read in this turn
 * is read right behind it. `appended` follows all the same: who reads only then may wait for that.
 */
export type TellStreamNews = (news: StreamNews | 'sent') => void;

/**
 * Stores streams, and groups that read them. Methods but those that append reject with a
 * `TransportError` where the store refused or could not be reached; callers decide whether to try again.
 */
export interface EventStore
  extends Auditable, ConsumerGroups, Entities, Inspectable, Retirable, Snapshots {
  /**
   * Changes with each new connection to what holds the stream: Redis may have been another one in between, or have gone back to
   * an older state, so whoever reads has to look again at where it stands.
   */
  session(stream: string): number;

  /** Says which place it is: stores of one place share what they hold. Secret, as it names how to connect. */
  readonly place: string;

  /**
   * The store's time, ms since 1970, or a little less, never more; `undefined` where it isn't known.
   * Ids of events are made of it, not of this process's clock: see `newEventId`.
   */
  readonly time: number | undefined;

  /**
   * To be called before {@link append} and {@link appendOnce}, for all streams before anything is stored on one: whether entries
   * can be stored in one step, as far as their sizes go.
   *
   * @throws PublishError that says size and limit. Nothing was sent.
   */
  checkSize(stream: string, entries: readonly FlatFields[], options: SizeOptions): void;

  /**
   * Stores entries on one stream in one step: all or none, in order, nothing between them.
   *
   * @returns the entry ids, once stored.
   * @throws PublishError and `BusClosedError`: nothing was stored; `PublishOutcomeUnknownError` where that
   *   isn't known; `NotReplicatedError` they are stored, but on fewer replicas than asked for. All are
   *   `FireError`s, with the Lightbus ids of the entries.
   */
  append(stream: string, entries: readonly FlatFields[], options: AppendOptions): Promise<string[]>;

  /**
   * Stores those entries that are not there already, in one step: event and Lightbus id say which it is. The
   * Lightbus ids of the entries differ.
   *
   * @returns for each entry where it is, and what was there before.
   * @throws as {@link append}; `ConcurrencyError`: nothing was stored, as what is expected is not true; and `StoredEventUnreadError`: all are there, but what was there before
   *   could not be read.
   */
  appendOnce(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOnceOptions,
  ): Promise<OncePlace[]>;

  /**
   * Copies a pending entry byte for byte to the listener's dead-letter stream, with the report
   * before its fields, and acknowledges it, in one step. The original stays where it is.
   * An entry whose data is gone may be pending with any consumer: nobody else can handle it either.
   *
   * @returns the id of the dead letter; `null` where the entry is not ours any more: nothing was done.
   */
  deadLetter(member: Member, nativeId: string, report: DeadLetterReport): Promise<string | null>;

  /** The entries of a group's dead-letter stream, whoever has put them there. */
  deadLetters(ref: GroupRef, range: RangeOptions): Promise<StoredDeadLetter[]>;

  /**
   * Makes the originals of dead letters pending again, to be claimed by the next consumer that looks
   * for timed-out entries, and removes the letters, all in one step. What a consumer has in hand
   * already stays with it; its letter goes.
   *
   * @param letters a few hundred at most, oldest original first.
   * @returns how many were driven again. A letter that is not there (any more) counts as none, and
   *   one whose original has been deleted stays.
   */
  redrive(ref: GroupRef, letters: readonly Redrive[]): Promise<number>;

  /** Removes dead letters. The original entries stay in the stream. @returns how many there were. */
  discard(ref: GroupRef, letterIds: readonly string[]): Promise<number>;

  /** Entries of a stream, whoever has read them. */
  range(stream: string, options: RangeOptions): Promise<StoredEntry[]>;

  /**
   * What the entries of some ranges are, without their payloads, which do not leave the store. At least one entry of
   * the first range is read, however large it is.
   */
  heads(
    stream: string,
    ranges: readonly RangeOptions[],
    options: HeadsOptions,
  ): Promise<FoundHeads>;

  /**
   * Tells when a stream may hold something new, until the returned function is called: that entries were
   * appended, or handed back to whoever looks for timed-out ones. May tell too often. What was appended or
   * handed back while nothing could be heard is told as soon as it can be. That others begin to listen is no
   * reason to tell.
   */
  listen(stream: string, ring: TellStreamNews): () => void;

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

  /**
   * The application shuts down: whoever tries again does not wait long for a connection any more. Appending
   * waits as long as it is told. Idempotent.
   */
  hurry(): void;

  /** Releases what this store holds. Idempotent. */
  close(): Promise<void>;
}
