/** What is known of a consumer group and its stream. */

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
   * that has vanished is made again after the one that is stored beside it, else after this one.
   */
  readonly acknowledged?: string;
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

/** What `ConsumerGroups.openGroup` found or made. */
export interface GroupState {
  /** Whether the group was made by this call. */
  readonly created: boolean;
  /** Whether a group that was made by this call had been there before. */
  readonly remade: boolean;
  /** The last entry that the group has handed to any consumer. */
  readonly lastDeliveredId: string;
  /**
   * How many entries lie ahead of the group; `null` where there are more than it is worth to count, and
   * where this process has opened the group before.
   */
  readonly ahead: number | null;
  /**
   * What has vanished with the stream itself, because Redis has gone back to an older state, or before, and
   * was not `ConsumerGroups.told` yet.
   */
  readonly vanished: VanishedHistory | null;
  /**
   * What lies between where the group stood and where others have made it again without this module's
   * knowledge: it may have been handled by nobody. Also where that was found before, and not told yet.
   */
  readonly skipped: VanishedHistory | null;
  /** The newest entry that the stream is known to have held; `null` for none. */
  readonly newest: string | null;
  /** What the process that had the name before was handling when it stopped, if it was on this stream. */
  readonly interrupted: Interrupted | null;
  /** The stream and the group, once it is open. */
  readonly facts: StreamFacts;
}

/**
 * The entry that a consumer was handling when it stopped without handing back what it had: the oldest one
 * that is pending with it. Where its listener reads several streams, the oldest of them all.
 */
export interface Interrupted {
  readonly nativeId: string;
  /** Whether no attempt of it is to be counted: it waited for its next one, or the attempt is counted. */
  readonly isKnown: boolean;
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
  readonly lastDeliveredId: string;
  /** How many entries consumers hold. */
  readonly pending: number;
  /** How many were acknowledged by this module in all. */
  readonly count: number;
  /** Whether it was made again since the baseline was moved: it stands where everything was acknowledged. */
  readonly remade: boolean;
  /** What `ConsumerGroups.moveBaseline` was last given; `null` for nothing. */
  readonly baseline: string | null;
}
