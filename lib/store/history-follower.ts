import { TransportError } from '../errors.js';
import { failsAgain } from '../redis/refusal.js';
import { backoffMs } from '../timing/backoff.js';
import { clock } from '../timing/clock.js';
import { Rest } from '../timing/rest.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import { entryTime } from '../wire/entry-id.js';
import { FollowedStream } from './followed-stream.js';
import type { HistorySource } from './history-source.js';
import { mergeHistories, type SourceEntry } from './read-history.js';

/** How often to look for streams that are new, ms. */
const DISCOVER_MS = 5_000;

/** How long to wait at once, ms. */
const LONGEST_WAIT_MS = 3_600_000;

/** First delay after a failure, ms; it doubles up to `restartDelayMs`. */
const FIRST_RESTART_DELAY_MS = 100;

/** Of several streams: what was stored this long ago or less is read without regard to what is stored meanwhile, ms. */
const RECENT_MS = 1_000;

/** What to read, from when, until when. */
export interface FollowOptions {
  /** The streams as things stand. Where they may grow, asked for again from time to time; none may go. */
  readonly sources: (isFirst: boolean) => Promise<readonly HistorySource[]>;
  /** Whether streams may come into being that are to be read, too. */
  readonly mayGrow: boolean;
  /** Lower bound, as of `HistoryRange`; `+`: what is stored from now on. */
  readonly start: string;
  /** Upper bound, as of `HistoryRange`; with `+` it has no end. */
  readonly end: string;
  /** Cap of the growing delay before the next try while Redis can't be read, ms. */
  readonly restartDelayMs: number;
}

/** What a {@link HistoryFollower} gives. */
export type FollowStep =
  | { readonly kind: 'entry'; readonly entry: SourceEntry }
  /** All that was stored a moment ago has been given; it goes on with what is stored from now on. */
  | { readonly kind: 'current' };

/**
 * Reads the history of streams, and goes on with what is stored, without a gap or a repeat: it listens before
 * it reads, and reads each stream on from the last entry that was taken. Of what is at hand, the oldest entry
 * comes first. Pulling the next one is what reads, a page ahead at most.
 *
 * It waits for a Redis that is away or refuses for a reason that may pass.
 */
export class HistoryFollower {
  private readonly streams = new Map<string, FollowedStream>();
  private readonly rest = new Rest();
  private hasLooked = false;
  private isClosed = false;
  private nextLookAt = 0;
  /** Up to when several streams were last read together, ms of the store's time. */
  private readUntil = -Infinity;

  constructor(private readonly options: FollowOptions) {}

  /** Names of the streams that are read. */
  get streamNames(): string[] {
    return [...this.streams.keys()];
  }

  /** Reads one more stream, from its beginning; does nothing for one that is read. */
  include(source: HistorySource): void {
    if (this.isClosed || this.streams.has(source.stream)) return;
    const start = this.hasLooked && this.options.start === '+' ? '-' : this.options.start;
    this.streams.set(source.stream, new FollowedStream(source, start, () => this.rest.wake()));
    this.rest.wake();
  }

  /**
   * May be called once.
   *
   * @throws the signal's reason; HistoryGoneBackError; `TransportError` where a store refuses for a reason that stays.
   */
  async *read(signal: AbortSignal): AsyncGenerator<FollowStep, void, void> {
    let failures = 0;
    try {
      for (;;) {
        signal.throwIfAborted();
        try {
          const end = this.endPassed();
          await this.look(end !== 'no', signal);
          if (end !== 'no') this.streams.forEach((one) => (one.hasNews = true));
          const isAll = yield* this.round(signal, () => (failures = 0));
          if (!isAll) continue;
          if (end === 'surely' || (end === 'as far as is known' && !this.isTimeKnown())) return;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof TransportError) || failsAgain(error)) throw error;
          const ms = backoffMs(++failures, FIRST_RESTART_DELAY_MS, this.options.restartDelayMs);
          await this.rest.rest(ms, signal, () => false);
          continue;
        }
        failures = 0;
        // Also where there is news again: on a busy stream, from far away, there always is.
        yield { kind: 'current' };
        if (this.hasNews()) continue;
        await this.rest.rest(this.untilNextLook(), signal, () => this.hasNews());
        // What has come since then is new on all of them.
        this.readUntil = this.storeTime();
      }
    } finally {
      this.isClosed = true;
      this.streams.forEach((one) => one.close());
    }
  }

  /** Gives what is there and was not taken yet. @returns whether that was all of it, or the older part. */
  private async *round(
    signal: AbortSignal,
    taken: () => void,
  ): AsyncGenerator<FollowStep, boolean, void> {
    const due = [...this.streams.values()].filter(({ hasNews }) => hasNews);
    const now = this.storeTime();
    const bound = this.olderPart(due, now);
    const since = clock.now();
    // Before anything is read: what comes in meanwhile is news again.
    for (const one of due) one.hasNews = false;
    try {
      const histories = due.map((one) => one.read(bound ?? this.options.end, due.length, signal));
      for await (const page of mergeHistories(histories, false)) {
        for (const entry of page) {
          signal.throwIfAborted();
          const from = this.streams.get(entry.stream);
          if (from) from.position = entry.nativeId;
          taken();
          yield { kind: 'entry', entry };
          // One that is filled faster than it is read has no end, and the others would wait for it.
          if (bound === undefined && clock.now() - since > RECENT_MS && this.isOvertaken(due)) {
            for (const one of due) one.hasNews = true;
            return false;
          }
        }
      }
      if (bound === undefined) return true;
      this.readUntil = now;
      for (const one of due) one.hasNews = true;
      return false;
    } catch (error) {
      for (const one of due) one.hasNews = true;
      throw error;
    }
  }

  /**
   * Where one of several streams is read to its end while another has much left, what is stored on the first
   * meanwhile would come after what is stored on the other later. So all are read up to now first: an upper
   * bound that nothing new is below. `undefined` where that was done just now.
   */
  private olderPart(due: readonly FollowedStream[], now: number): string | undefined {
    if (due.length < 2 || now - this.readUntil <= RECENT_MS || now > this.endMs()) return undefined;
    return `(${now}-0`;
  }

  private async look(isLast: boolean, signal: AbortSignal): Promise<void> {
    if (isLast || clock.now() >= this.nextLookAt) {
      const sources = await unlessAborted(this.options.sources(!this.hasLooked || isLast), signal);
      sources.forEach((source) => this.include(source));
      await Promise.all([...this.streams.values()].map((one) => one.open(signal)));
      this.hasLooked = true;
      this.nextLookAt = this.options.mayGrow ? clock.now() + DISCOVER_MS : Infinity;
    }
  }

  /** Whether a stream has news that would wait until what is read has an end; a single one's own need not. */
  private isOvertaken(due: readonly FollowedStream[]): boolean {
    const [only] = due.length === 1 ? due : [];
    return [...this.streams.values()].some((one) => one.hasNews && one !== only);
  }

  private hasNews(): boolean {
    return [...this.streams.values()].some(({ hasNews }) => hasNews);
  }

  private untilNextLook(): number {
    const untilEnd = this.endMs() + 1 - this.storeTime();
    const ms = Math.min(this.nextLookAt - clock.now(), untilEnd, LONGEST_WAIT_MS);
    return Math.max(1, Math.ceil(ms));
  }

  /**
   * Whether nothing can be stored any more that belongs to what is read: the ids of new entries are of the
   * store's time. Where that isn't known, as far as this process's clock tells.
   */
  private endPassed(): 'no' | 'surely' | 'as far as is known' {
    if (!this.hasLooked) return 'no';
    if (!(this.storeTime() > this.endMs())) return 'no';
    return this.isTimeKnown() ? 'surely' : 'as far as is known';
  }

  private endMs(): number {
    const { end } = this.options;
    return end === '+' ? Infinity : end === '-' ? -Infinity : entryTime(end).getTime();
  }

  private isTimeKnown(): boolean {
    const streams = [...this.streams.values()];
    return streams.length > 0 && streams.every(({ store }) => store.time !== undefined);
  }

  /** Of the store that is furthest behind, whole ms. */
  private storeTime(): number {
    const own = new Date().getTime();
    const times = [...this.streams.values()].map(({ store }) => store.time ?? own);
    return Math.floor(Math.min(...(times.length > 0 ? times : [own])));
  }
}
