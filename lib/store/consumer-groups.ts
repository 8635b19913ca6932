import type { StoredEntry } from './entries.js';
import type { FailureNote } from './inspection.js';
import type { GroupState, OpenGroupOptions, StreamFacts, VanishedHistory } from './group-state.js';

/** A consumer group on one stream. */
export interface GroupRef {
  readonly stream: string;
  /** `{service_name}-{listener_name}`, verbatim. */
  readonly group: string;
}

/** One consumer of one consumer group on one stream. */
export interface ConsumerRef extends GroupRef {
  /** The process name. */
  readonly consumer: string;
}

/** Who holds a consumer's name: what the holder says of itself. */
export interface Holder {
  /** Distinguishes processes, also those of the same host and process id. */
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  /** When the holder started, ISO 8601. */
  readonly since: string;
}

/** A consumer in the name of a process. Stores serve whoever holds the name, and nobody else. */
export interface Member extends ConsumerRef {
  readonly holder: Holder;
}

/** The times of the attempts to handle an entry. */
export interface AttemptTimes {
  /** When the first one failed, by this process's `clock`. */
  readonly failingSince: number;
  /** How long after that the latest one failed or began, as far as is recorded, ms. */
  readonly triedForMs: number;
}

/** An entry that was handed to a consumer and waits to be acknowledged. */
export interface PendingEntry extends StoredEntry {
  /** How often the group has handed it to a consumer; 1 is the first time. */
  readonly deliveryCount: number;
  /** How many attempts to handle it are recorded, by processes that stopped in the middle of one included. */
  readonly attempts: number;
  /** Whether the latest of them is known to have failed; else it may have ended with its process. @default false */
  readonly hasFailed?: boolean;
  /** Absent where no attempt is recorded, where those of version 0.1 are, and where Redis does not tell the time. */
  readonly times?: AttemptTimes;
  /** Set where it was not read as a new entry: handed out before, handed back, or driven again. */
  readonly isRedelivery?: boolean;
}

/** What is handed back. */
export interface HandBackOptions {
  /** Entries that stay: begun, or handled. @default [] */
  readonly staying?: readonly string[];
  /** Entries that were fetched and not begun: these deliveries do not count. @default [] */
  readonly fetched?: readonly string[];
  /**
   * The name stays taken until this process gives no sign of life any more: a handler may still be
   * running. @default false
   */
  readonly keepsName?: boolean;
}

/** A consumer whose entries are taken over for the first time since its name was taken. */
export interface InterruptedConsumer {
  readonly consumer: string;
  /** Of the process that has the name. */
  readonly token: string;
  /** The oldest entry of this stream that it had. */
  readonly nativeId: string;
}

/** One page of entries that were taken over. */
export interface ClaimedPage {
  readonly entries: readonly PendingEntry[];
  /** Where the next page starts; `null` after the last one. */
  readonly next: string | null;
  /** Whose attempts may have been interrupted: see {@link ConsumerGroups.countAttempt}. */
  readonly interrupted: readonly InterruptedConsumer[];
}

/**
 * Consumer groups: who reads which stream, and what they have in hand. What is known of a group beyond
 * what Redis keeps lies in its state, which is asked first: methods that take a {@link Member} reject
 * with a `ReplacedError`, and do nothing, where the holder has the name no more.
 */
export interface ConsumerGroups {
  /**
   * Shows that a process lives, for `ttlMs`: until then nobody takes over a name that it holds.
   *
   * @returns whether the store knew so until now. Where it did not, names may have been taken over, whatever
   *   the process's clock says: all was flushed, the key was deleted, or the store is another one.
   */
  beat(holder: Holder, ttlMs: number): Promise<boolean>;

  /** Whether the process of this token gives signs of life. */
  isAlive(token: string): Promise<boolean>;

  /**
   * Takes the consumer's name, and makes group and consumer (and the stream) where they are missing, in
   * one step. A group that was there before is made again where it had stopped; what was lost meanwhile
   * is told. The name of a process that gives no sign of life any more is taken over: first its
   * connections are ended, so that nothing that is still under way in them is ever carried out.
   *
   * @throws ProcessNameInUseError another live process has the name. `GroupNameInUseError` the group
   *   belongs to a listener with other halves of the name.
   */
  openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState>;

  /** Whether the holder (still) has the consumer's name. */
  holds(member: Member): Promise<boolean>;

  /**
   * Gives the name up, and hands back the entries that are pending with the consumer: whoever looks for
   * timed-out entries next takes them over, before anything newer. Does nothing where another process has
   * the name.
   *
   * @returns how many were handed back.
   */
  handBack(member: Member, options?: HandBackOptions): Promise<number>;

  /** The last entry that the group has handed to any consumer; `null` where there is no such group. */
  lastDeliveredId(ref: GroupRef): Promise<string | null>;

  /** What there is to know of a stream and of some of its groups; `null` where there is no such stream. */
  look(stream: string, groups: readonly string[]): Promise<StreamFacts | null>;

  /**
   * Replaces what losses of the group are counted from, if it is still what the caller has seen.
   *
   * @param vanished what has vanished, if anything has: opening the group tells it until {@link told}.
   * @returns false where another process has replaced it meanwhile.
   */
  moveBaseline(
    ref: GroupRef,
    from: string | null,
    to: string,
    vanished: VanishedHistory | null,
  ): Promise<boolean>;

  /** What has vanished, or was skipped, has been told: opening the group does not tell it again. */
  told(ref: GroupRef, kind: 'vanished' | 'skipped', range: VanishedHistory): Promise<void>;

  /** Whether the group has consumers that this module did not make: Python's. */
  hasForeignConsumers(ref: GroupRef): Promise<boolean>;

  /** Refreshes this consumer's idle time, so that nobody's clean-up takes a quiet one for dead. */
  refresh(ref: ConsumerRef): Promise<void>;

  /** Removes other consumers that hold nothing and have been idle for `consumerTtlMs`. @returns how many. */
  cleanUp(ref: ConsumerRef, consumerTtlMs: number): Promise<number>;

  /** This consumer's own pending entries after `after`, oldest first. Raises their delivery count. */
  readPending(member: Member, after: string, count: number): Promise<PendingEntry[]>;

  /**
   * Takes over entries that have been idle for `minIdleMs`, oldest first: those of other consumers, and
   * those of the own name that nobody knows to have. `cursor` is `-` for the first page. One whose data
   * is gone is reported with `fields: null` and stays with its owner.
   */
  claim(member: Member, minIdleMs: number, cursor: string, count: number): Promise<ClaimedPage>;

  /**
   * The next entries that the group has handed to nobody yet. Never waits, for a connection neither. Asks nobody: of a process that
   * was replaced no read is carried out, as its connections have been ended.
   */
  readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]>;

  /**
   * Acknowledges those that this consumer still owns, in one step.
   *
   * @param attempted those of the ids that have recorded attempts: these are forgotten.
   * @returns the ids that have been taken over by others.
   */
  acknowledge(
    member: Member,
    nativeIds: readonly string[],
    attempted?: readonly string[],
  ): Promise<string[]>;

  /**
   * Resets the idle time of all entries that this consumer has in hand and still owns, without raising their
   * delivery count. One whose data has gone meanwhile stays with it, too.
   *
   * @param kept what was kept alive the last time: not looked for where nothing was removed since.
   * @returns the ids that have been taken over by others.
   */
  keepAlive(
    member: Member,
    nativeIds: readonly string[],
    kept?: ReadonlySet<string>,
  ): Promise<string[]>;

  /**
   * Records how many attempts to handle an entry have failed so far, and that the latest one failed, or the next
   * one begins, just now.
   *
   * @param waits whether the next one has not begun yet: if the process stops now, none was interrupted.
   * @param failure for operators: what the latest one has failed with just now.
   */
  recordAttempts(
    member: Member,
    nativeId: string,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): Promise<void>;

  /** What a consumer was handling on this stream when it stopped; `null` for nothing. */
  interrupted(ref: GroupRef, consumer: string): Promise<string | null>;

  /** A consumer whose entries were taken over lives: what it was handling is asked for anew when it stops. */
  livesOn(ref: GroupRef, consumer: string): Promise<void>;

  /**
   * Counts an attempt to handle an entry that another process began and did not end. Nobody knows when that was:
   * where it is the first one, it counts as of now.
   *
   * @returns how many are recorded now; 0 where the entry is not pending.
   */
  countAttempt(member: Member, nativeId: string): Promise<number>;
}
