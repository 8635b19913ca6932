/** What is known of a run after it has ended: the checker's input. Times are ms since 1970, of one clock that nobody sets. */

/** One attempt to fire an event, repeated under the same Lightbus id or not. */
export interface FireRecord {
  readonly stream: string;
  /** Number of the event among those of its stream. */
  readonly n: number;
  /** An event of which it was certain that it was not stored is fired anew, as the next attempt. */
  readonly attempt: number;
  readonly outcome: 'confirmed' | 'refused' | 'unknown';
  /** Entry id that `fire` resolved to. */
  readonly nativeId?: string;
}

/** An entry that the stream holds at the end. */
export interface StoredEvent {
  readonly stream: string;
  readonly nativeId: string;
  readonly n: number;
  readonly attempt: number;
}

/** A handler that was about to return: the event counts as handled from here on. */
export interface Handling {
  readonly listener: string;
  readonly stream: string;
  readonly nativeId: string;
  /** Process id: a process that is started again under its name is another incarnation. */
  readonly incarnation: number;
  readonly deliveryCount: number;
  /** Whether the handler had been told by then that the event is not its own any more. */
  readonly aborted: boolean;
  /** When the handler was called. */
  readonly from: number;
  /** When it was done. */
  readonly to: number;
}

/** A process that was killed. */
export interface Kill {
  readonly incarnation: number;
  readonly at: number;
}

/** A time during which a process did not run, or could not reach Redis. */
export interface Interruption {
  readonly from: number;
  readonly to: number;
  /** `undefined`: all processes. */
  readonly incarnation?: number;
}

/** A process whose name was taken over by another one, while it was cut off. */
export interface Takeover {
  readonly listener: string;
  /** The process that was replaced. It goes on for a while, and is killed. */
  readonly replaced: number;
  /** The other one. It may have been refused (out of memory): then the first one is not replaced. */
  readonly by: number;
  /** Its network was silent, while it ran and had a clock; or it stood still. */
  readonly how: 'silent' | 'stopped';
  /** When it was cut off. */
  readonly from: number;
  /** When the other one was ready, so that the name was its own by then. */
  readonly takenAt: number;
  /** When what the first one had sent, and what was sent to it, arrived. */
  readonly to: number;
}

/** A handler was told to stop: the event is its process's no more. */
export interface Notice {
  readonly incarnation: number;
  readonly stream: string;
  readonly nativeId: string;
  readonly at: number;
}

/** A consumer group that was destroyed. */
export interface GroupLoss {
  readonly stream: string;
  readonly listener: string;
  readonly from: number;
  readonly to: number;
}

/** What Redis said of a consumer group at one moment. */
export interface GroupSample {
  readonly stream: string;
  readonly listener: string;
  /** When the answer came: it was so by then. */
  readonly at: number;
  readonly lastDeliveredId: string;
  readonly pending: ReadonlySet<string>;
}

/** What is expected of a listener. */
export interface ListenerRule {
  readonly name: string;
  /** A single worker with a stable name: it keeps the order of each stream. */
  readonly ordered: boolean;
  /** How many events of a stream a process may have handled without having them acknowledged yet. */
  readonly inHand: Readonly<Record<string, number>>;
}

/** Everything that is known of a run. */
export interface History {
  readonly listeners: readonly ListenerRule[];
  readonly fired: readonly FireRecord[];
  /** In the order of their streams. */
  readonly stored: readonly StoredEvent[];
  /** In the order in which they were written. */
  readonly handled: readonly Handling[];
  readonly kills: readonly Kill[];
  readonly interruptions: readonly Interruption[];
  readonly groupLosses: readonly GroupLoss[];
  /** In order of time. */
  readonly samples: readonly GroupSample[];
  readonly takeovers: readonly Takeover[];
  readonly notices: readonly Notice[];
  /** From then on everything was left alone. */
  readonly faultsEndedAt: number;
}
