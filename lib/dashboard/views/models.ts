/**
 * What each page shows: facts only, as they were read. Words, order and links are the views'.
 *
 * Texts are as Redis holds them, however hostile: the views escape them. Payloads are what `mask` has left of them.
 */

/** What is around every page. */
export interface Frame {
  /**
   * What every link begins with, without `/` at its end: `.` on pages such as `…/lightbus/history`, `./lightbus` on the
   * first one where its address has no `/` at its end. Relative, so that prefixes and proxies need not be known.
   */
  readonly base: string;
  /** The service whose application serves the page, or the configuration's. */
  readonly service: string;
  /** The stores that are looked at, without passwords. */
  readonly places: readonly string[];
  /** When it was read: relative times are counted from here. */
  readonly now: Date;
  /** Whether redriving and discarding are offered. */
  readonly actions: boolean;
}

/** A number that was counted up to a bound only, where `isAtLeast`. */
export interface Count {
  readonly count: number;
  readonly isAtLeast: boolean;
}

/** One listener on one stream, as `store.inspect` tells it. */
export interface ListenerFacts {
  readonly stream: string;
  /** Its consumer group. */
  readonly name: string;
  readonly lastDeliveredId: string;
  readonly pending: number;
  /** Pending entries that were handed back or redriven, and wait for a worker. */
  readonly waiting: number;
  /** `null`: can't be counted. */
  readonly undelivered: Count | null;
  readonly oldestPending: {
    readonly nativeId: string;
    /** `null`: it waits for a worker to take it over. */
    readonly consumer: string | null;
    /** How long it has been pending, ms; `null` where unknown. */
    readonly pendingMs: number | null;
    readonly deliveryCount: number;
  } | null;
  /** Events that a handler has failed at, and is to try again. */
  readonly failures: readonly FailureFacts[];
  readonly deadLetters: number;
  readonly oldestDeadLetterAt: Date | null;
  readonly lost: {
    readonly times: number;
    readonly last: {
      readonly after: string;
      /** `null`: all that was there. */
      readonly until: string | null;
      readonly noticedAt: Date;
    };
  } | null;
  readonly consumers: readonly {
    readonly name: string;
    readonly pending: number;
    readonly idleMs: number;
    /** The process that holds the name; `null`: it tells nothing of itself (Python), or is gone. */
    readonly worker: {
      readonly host: string;
      readonly pid: number;
      readonly since: Date;
      readonly alive: boolean;
    } | null;
  }[];
}

/** An event that a handler fails at. */
export interface FailureFacts {
  readonly nativeId: string;
  readonly eventName?: string;
  readonly since: Date;
  readonly attempts: number;
  readonly error: string;
  /** `null`: its worker will not make one. */
  readonly nextTryAt: Date | null;
  /** `null`: nobody has it just now. */
  readonly consumer: string | null;
}

/** What a stream's newest entries tell of its traffic. */
export interface Activity {
  readonly from: Date;
  readonly until: Date;
  /** Entries per equal part of that time, oldest first. */
  readonly counts: readonly number[];
  /** Entries a minute; `null` where too few tell. */
  readonly perMinute: number | null;
  /** Events by name. */
  readonly names: readonly { readonly name: string; readonly count: number; readonly last: Date }[];
  /** What that is based on, such as `the newest 5,000 entries`. */
  readonly basis: string;
}

/** One stream. */
export interface StreamFacts {
  readonly stream: string;
  readonly apiName: string;
  /** `*`: all events of its API. */
  readonly eventName: string;
  readonly place: string;
  readonly length: number;
  readonly first: { readonly nativeId: string; readonly timestamp: Date } | null;
  readonly last: { readonly nativeId: string; readonly timestamp: Date } | null;
  readonly memoryBytes: number | null;
  /** `null` where it was not looked at. */
  readonly activity: Activity | null;
  /** How many consumer groups it has. */
  readonly listeners: number;
}

/** `/`: what is wrong, then what there is. */
export interface OverviewModel {
  /** All, in any order. */
  readonly listeners: readonly ListenerFacts[];
  readonly streams: readonly StreamFacts[];
  /** What could not be read, in words: the rest is shown all the same. */
  readonly problems: readonly string[];
}

/** `/streams` */
export interface StreamsModel {
  readonly streams: readonly StreamFacts[];
  readonly problems: readonly string[];
}

/** `/stream?stream=` */
export interface StreamModel {
  readonly stream: StreamFacts;
  readonly listeners: readonly ListenerFacts[];
}

/** `/listeners` */
export interface ListenersModel {
  readonly listeners: readonly ListenerFacts[];
  /** Part of a name that was asked for; `''` for all. */
  readonly search: string;
  readonly problems: readonly string[];
}

/** `/listener?group=&stream=` */
export interface ListenerModel {
  readonly listener: ListenerFacts;
  /** Other streams that the group reads. */
  readonly otherStreams: readonly string[];
  /** What the process that serves the page knows where it runs the listener itself. */
  readonly own: {
    readonly place: string;
    readonly status: string;
    readonly handling: {
      readonly nativeId: string;
      readonly eventName?: string;
      readonly since: Date;
    } | null;
  } | null;
  readonly errors: readonly LetterGroup[];
}

/** What was asked of the history, as it was typed; `''` where nothing was. */
export interface HistoryFilters {
  /** One stream; or all streams of `api`. */
  readonly stream: string;
  readonly api: string;
  readonly event: string;
  readonly key: string;
  readonly since: string;
  readonly until: string;
  /** JSON path and value, such as `address.city=London`. */
  readonly path: string;
  readonly order: 'newest' | 'oldest';
}

/** One entry in a list. */
export interface EntryRow {
  readonly stream: string;
  readonly nativeId: string;
  readonly timestamp: Date;
  /** `api.event`; `null` where the entry is no event. */
  readonly name: string | null;
  readonly apiName: string;
  readonly key: string | null;
  /** Number within its key, where it is known. */
  readonly sequence?: number;
  /** The beginning of its payload on one line; see `previewOf`. */
  readonly preview: string;
}

/** `/history` */
export interface HistoryModel {
  readonly filters: HistoryFilters;
  /** What is wrong with a filter, and with which: nothing was read. */
  readonly problem: { readonly filter: keyof HistoryFilters; readonly message: string } | null;
  /** Streams to choose from. */
  readonly streams: readonly string[];
  readonly entries: readonly EntryRow[];
  /** How many entries were read for these. */
  readonly lookedAt: number;
  /** Where to go on; `null`: this is the end. */
  readonly next: string | null;
}

/** A payload as text; see `payloadText`. */
export type PayloadModel =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly isCut: boolean;
    }
  /** Nothing of it is shown, and why. */
  | { readonly kind: 'hidden'; readonly reason: string };

/** `/entry?stream=&id=` */
export interface EntryModel extends EntryRow {
  /** The Lightbus id; `''` where it has none. */
  readonly id: string;
  readonly version: number | null;
  /** What the sender says of it: name and value, such as `correlation_id`. */
  readonly side: readonly { readonly name: string; readonly value: string }[];
  readonly headers: PayloadModel | null;
  readonly payload: PayloadModel;
  /** What is irregular about it. */
  readonly notes: readonly string[];
  readonly previous: string | null;
  readonly next: string | null;
  /** What belongs to it by causation and correlation; `null` where it was not looked for. */
  readonly trace: { readonly events: readonly TraceRow[]; readonly isWhole: boolean } | null;
}

/** One event of a trace. */
export interface TraceRow {
  readonly stream: string;
  readonly nativeId: string;
  readonly name: string;
  readonly timestamp: Date;
  /** 0 for what nothing of the trace has caused. */
  readonly depth: number;
}

/** `/entity?api=&stream=&key=`: all events about one entity, oldest first. */
export interface EntityModel {
  readonly api: string;
  readonly stream: string;
  readonly key: string;
  readonly problem: string | null;
  readonly entries: readonly EntryRow[];
  readonly lookedAt: number;
  readonly next: string | null;
}

/** Dead letters of one listener with the same error. */
export interface LetterGroup {
  /** Says which it is in a link. */
  readonly fingerprint: string;
  /** `failed`, `invalid`, `malformed`, `deleted` or `foreign`. */
  readonly reason: string;
  /** The error, with what differs blanked. */
  readonly error: string;
  readonly count: Count;
  readonly first: Date;
  readonly last: Date;
  readonly events: readonly string[];
}

/** `/dead-letters`: the listeners that have some. */
export interface DeadLettersModel {
  readonly listeners: readonly {
    /** Its consumer group. */
    readonly name: string;
    readonly count: Count;
    readonly oldest: Date | null;
    readonly errors: readonly LetterGroup[];
  }[];
  readonly problems: readonly string[];
}

/** Which dead letters of a listener; `''` for all. */
export interface LetterFilters {
  readonly group: string;
  /** A {@link LetterGroup.fingerprint}. */
  readonly error: string;
  readonly event: string;
}

/** One dead letter in a list. */
export interface LetterRow {
  readonly id: string;
  readonly stream: string;
  /** Of the original entry; `''` where there is none. */
  readonly nativeId: string;
  readonly name: string | null;
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  readonly time: Date;
  readonly preview: string;
}

/** `/letters?group=&error=&event=`: one listener's dead letters, oldest first. */
export interface LettersModel {
  readonly filters: LetterFilters;
  readonly errors: readonly LetterGroup[];
  readonly letters: readonly LetterRow[];
  /** How many the filters match. */
  readonly matching: Count;
  readonly next: string | null;
}

/** `/letter?group=&stream=&id=` */
export interface LetterModel extends LetterRow {
  readonly group: string;
  readonly listener: string;
  readonly consumer: string;
  readonly stack: string | null;
  /** `null`: the data of the original entry was gone. */
  readonly payload: PayloadModel | null;
}

/** What can be done with dead letters. */
export type LetterAction = 'redrive' | 'discard';

/** When letters that are redriven will be handled. */
export type WhenHandled =
  | { readonly kind: 'at_once'; readonly worker: string }
  /** After what the listener has in hand or before it. */
  | { readonly kind: 'after_pending'; readonly pending: number }
  /** An event before them is failing. */
  | { readonly kind: 'after_failure'; readonly failure: FailureFacts }
  | { readonly kind: 'no_worker' };

/** `/letters/plan?action=…`: what will happen. */
export interface PlanModel {
  readonly action: LetterAction;
  readonly filters: LetterFilters;
  /** Chosen ones; `null`: all that the filters match. */
  readonly chosen: number | null;
  readonly count: Count;
  readonly errors: readonly LetterGroup[];
  readonly when: WhenHandled | null;
  /** What can't be redriven, and why. */
  readonly notes: readonly string[];
  /** Hidden fields of the form that does it, the CSRF token among them. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** `/letters/result?…`: what has become of them, read back. */
export interface ResultModel {
  readonly action: LetterAction;
  readonly filters: LetterFilters;
  /** How many were to be, and were. */
  readonly asked: number;
  readonly done: number;
  /** What has become of those that were redriven, where that is known. */
  readonly outcome: {
    readonly handled: number;
    readonly waiting: number;
    readonly failing: number;
    readonly deadAgain: number;
  } | null;
  /** Dead letters that the listener has now. */
  readonly left: Count;
  readonly when: WhenHandled | null;
  readonly notes: readonly string[];
}

/** What a request is answered that can't be fulfilled. */
export interface ErrorModel {
  readonly status: number;
  readonly title: string;
  /** What was wrong, and what to do. */
  readonly message: string;
}
