import { GroupNameInUseError, ProcessNameInUseError, TransportError } from '../errors.js';
import type { StoredEntry } from './entries.js';

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

/**
 * Another process has taken the consumer's name, or all that was known of the group was flushed: what was
 * asked for was not done. Open the group again, which tells who it is.
 */
export class ReplacedError extends TransportError {}

/** An entry that was handed to a consumer and waits to be acknowledged. */
export interface PendingEntry extends StoredEntry {
  /** How often the group has handed it to a consumer; 1 is the first time. */
  readonly deliveryCount: number;
  /** How many attempts to handle it are recorded, by processes that stopped in the middle of one included. */
  readonly attempts: number;
}

/** Entries that have vanished from a stream before a group's listener handled them: history is lost. */
export interface VanishedHistory {
  /** What has vanished follows this id. */
  readonly after: string;
  /** What has vanished ends with this id at the latest; `null` where the whole stream has. */
  readonly until: string | null;
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
  /** Both halves of the group's name. `store` + `mails-send` and `store-mails` + `send` would share one. */
  readonly owner?: GroupOwner;
}

/** The halves that a group's name is made of. */
export interface GroupOwner {
  readonly service: string;
  readonly listener: string;
}

/** What {@link ConsumerGroups.openGroup} found or made. */
export interface GroupState {
  /** Whether the group was made by this call. */
  readonly created: boolean;
  /** Whether a group that was made by this call had been there before. */
  readonly vanished: boolean;
  /** The last entry that the group has handed to any consumer. */
  readonly lastDeliveredId: string;
  /** How many entries lie ahead of the group; `null` where there are more than it is worth to count. */
  readonly ahead: number | null;
  /** What has vanished with the stream itself, or because Redis has gone back to an older state. */
  readonly lost: VanishedHistory | null;
  /**
   * What lies between where the group stood and where others have made it again without this module's
   * knowledge: it may have been handled by nobody.
   */
  readonly skipped: VanishedHistory | null;
  /** The newest entry that the stream is known to have held; `null` for none. */
  readonly newest: string | null;
  /** The stream and the group, once it is open. */
  readonly facts: StreamFacts | null;
}

/** What there is to know of a stream without reading it. */
export interface StreamFacts {
  /** How many entries were ever added. */
  readonly added: number;
  readonly length: number;
  /** The oldest entry; `null` where there is none. */
  readonly first: string | null;
  /** The newest id that was ever given out. */
  readonly last: string;
  /** The newest entry that was deleted by its id (`XDEL`), not trimmed; `0-0` for none. */
  readonly deleted: string;
  /** Those groups that were asked for and exist, by name. */
  readonly groups: ReadonlyMap<string, GroupFacts>;
}

/** What there is to know of a group without reading from it. */
export interface GroupFacts {
  /** The last entry that it has handed to any consumer. */
  readonly position: string;
  /** How many entries consumers hold. */
  readonly pending: number;
  /** How many were acknowledged by this module in all. */
  readonly count: number;
  /** What {@link ConsumerGroups.moveBaseline} was last given; `null` for nothing. */
  readonly baseline: string | null;
}

/** One page of entries that were taken over. */
export interface ClaimedPage {
  readonly entries: readonly PendingEntry[];
  /** Where the next page starts; `null` after the last one. */
  readonly next: string | null;
}

/**
 * Consumer groups: who reads which stream, and what they have in hand. What is known of a group beyond
 * what Redis keeps lies in its state, which is asked first: methods that take a {@link Member} reject
 * with a {@link ReplacedError}, and do nothing, where the holder has the name no more.
 */
export interface ConsumerGroups {
  /**
   * Shows that a process lives, for `ttlMs`: until then nobody takes over a name that it holds.
   *
   * @returns whether the store knew so until now. Where it did not, names may have been taken over, whatever
   *   the process's clock says: all was flushed, the key was deleted, or the store is another one.
   */
  beat(holder: Holder, ttlMs: number): Promise<boolean>;

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
   * Gives the name up, and hands back entries that are pending with the consumer and were not begun:
   * whoever looks for timed-out entries next takes them over, before anything newer. Does nothing where
   * another process has the name.
   *
   * @param keepsName the name stays taken until this process gives no sign of life any more: a handler
   *   may still be running. @default false
   * @returns how many were handed back.
   */
  handBack(member: Member, nativeIds: readonly string[], keepsName?: boolean): Promise<number>;

  /** The last entry that the group has handed to any consumer; `null` where there is no such group. */
  groupPosition(ref: GroupRef): Promise<string | null>;

  /** What there is to know of a stream and of some of its groups; `null` where there is no such stream. */
  look(stream: string, groups: readonly string[]): Promise<StreamFacts | null>;

  /**
   * Replaces what losses of the group are counted from, if it is still what the caller has seen.
   *
   * @returns false where another process has replaced it meanwhile.
   */
  moveBaseline(ref: GroupRef, from: string | null, to: string): Promise<boolean>;

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
   * The next entries that the group has handed to nobody yet. Never waits. Asks nobody: of a process that
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
   * Resets the idle time of entries that this consumer still owns, without raising their delivery
   * count. @returns the ids that have been taken over by others.
   */
  keepAlive(member: Member, nativeIds: readonly string[]): Promise<string[]>;

  /**
   * Records how many attempts to handle an entry have failed so far; the next one has not begun.
   */
  recordAttempts(member: Member, nativeId: string, attempts: number): Promise<void>;
}

/** The error of a call in the name of a process that has been replaced. */
export function replaced({ consumer, group, stream }: Member): ReplacedError {
  return new ReplacedError(
    `Consumer '${consumer}' of group '${group}' on '${stream}' is not this process's any more: another ` +
      "one has taken the name, or the group's state was deleted.",
  );
}

/** The error of opening a group under a name that another live process has. */
export function nameInUse(
  { group, consumer }: ConsumerRef,
  { pid, host, since }: Omit<Holder, 'token'>,
): ProcessNameInUseError {
  // What another process has written: as JSON it can't forge a line of the log.
  const other = [pid, host, since].map((said) => JSON.stringify(String(said)).slice(1, -1));
  return new ProcessNameInUseError(
    `The process name '${consumer}' is in use in consumer group '${group}': process ${other[0]} on ` +
      `host '${other[1]}' has it, since ${other[2]}. Stop that process, or give this one ` +
      'another process name. (A process that was killed frees its name after a few seconds.)',
  );
}

/** The error of opening a group whose name another listener has put together from other halves. */
export function groupInUse({ group, stream }: GroupRef, owner: GroupOwner): GroupNameInUseError {
  const [service, listener] = [JSON.stringify(owner.service), JSON.stringify(owner.listener)];
  return new GroupNameInUseError(
    `The consumer group '${group}' on '${stream}' belongs to listener ${listener} of service ${service}: ` +
      'both names together are the same text. The two listeners would share one group, and each event ' +
      'would reach only one of them. Rename the service or the listener.',
  );
}
