import { setImmediate as breath, setTimeout as delay } from 'node:timers/promises';
import { compareEntryIds } from '../wire/entry-id.js';
import { backoffMs } from '../timing/backoff.js';
import { clock } from '../timing/clock.js';
import { allDone } from '../timing/all-done.js';
import { InFlight } from './in-flight.js';
import { ListenerStreams, type StreamsToRead } from './listener-streams.js';
import type { ReadingNews } from './reading-news.js';
import { Rest } from '../timing/rest.js';
import type { Delivery } from './delivery.js';
import type { StreamReader } from './stream/stream-reader.js';
import type { DeadLetterReport } from '../store/event-store.js';
import type { ConsumerRef } from '../store/consumer-groups.js';
import type { FailureNote } from '../store/inspection.js';

/** How long to wait at once, ms. */
const LONGEST_WAIT_MS = 3_600_000;

/** For how long deliveries are handed out without letting anything else in this process happen, ms. */
const LONGEST_TURN_MS = 50;

/** First delay after a failure, ms; it doubles up to `consumption_restart_delay`. */
const FIRST_RESTART_DELAY_MS = 100;

/**
 * One listener's entries, from all its streams, one at a time: of the entries at hand the oldest
 * first. Pulling the next one is what reads; the consumer's speed is the backpressure.
 *
 * A failure never ends it: it tells `onChange`, waits, and starts again from the pending list. So does who
 * reads it again after a fault of its own: what was handled is remembered.
 */
export class Subscription {
  private readonly streams: ListenerStreams;
  /** Of all its streams. */
  private readonly readers: readonly StreamReader[];
  private readonly inFlight = new InFlight();
  private turnEndsAt = 0;
  /** Since when it has been asking the stores, by `clock`; `undefined` while it waits, or a delivery is handled. */
  private readingSince?: number;
  private readonly rest = new Rest();
  /** What went wrong in telling something. */
  private fault?: { readonly error: unknown };

  constructor(private readonly options: StreamsToRead) {
    this.streams = new ListenerStreams(options, {
      tell: (news) => this.tell(news),
      wake: () => this.rest.wake(),
    });
    this.readers = this.streams.readers;
  }

  /**
   * Yields deliveries until `signal` is aborted. Not to be pulled while a delivery is being handled. Before that,
   * there may be more to {@link takeNow}.
   */
  async *read(signal: AbortSignal): AsyncGenerator<Delivery, void, void> {
    let failures = 0;
    // Who reads it again had failed.
    let failing = true;
    let handedOut = false;
    this.streams.lose();
    while (!signal.aborted) {
      try {
        this.readingSince = clock.now();
        this.throwFault();
        if (!this.streams.areOpen) await this.streams.open();
        await this.fill();
        if (failing) this.options.onChange({ kind: 'recovered' });
        failing = false;
        if (signal.aborted) return;
        this.readingSince = undefined;
        this.turnEndsAt = clock.now() + LONGEST_TURN_MS;
        const next = this.takeOldest();
        // To have read is no proof that all is well: the acknowledgement may be what fails.
        if (handedOut || !next) failures = 0;
        handedOut = next !== undefined;
        if (next) {
          yield next;
          if (clock.now() >= this.turnEndsAt) await breath();
        } else {
          // No read follows that they could leave with.
          this.readers.forEach((reader) => reader.flush());
          await this.wait(signal);
        }
      } catch (error) {
        this.readingSince = undefined;
        const attempt = ++failures;
        const retryInMs = backoffMs(attempt, FIRST_RESTART_DELAY_MS, this.streams.restartDelayMs);
        this.options.onChange({ kind: 'failed', error, attempt, retryInMs });
        failing = true;
        handedOut = false;
        this.streams.lose();
        await pause(retryInMs, signal);
      }
    }
  }

  /**
   * The next delivery, as {@link read} would yield it, where one is at hand and nothing has to be awaited before
   * it is begun; else `undefined`. At the latest after {@link LONGEST_TURN_MS} that is so: what else goes on in
   * this process, its sign of life included, waits no longer for handlers that wait for nothing.
   */
  takeNow(signal: AbortSignal): Delivery | undefined {
    if (signal.aborted || this.fault || clock.now() >= this.turnEndsAt || !this.streams.areOpen)
      return undefined;
    return this.readers.every((reader) => reader.isSettled) ? this.takeOldest() : undefined;
  }

  /** Acknowledges a delivery. Does not wait: a failure shows in the next pull, which repeats it. */
  acknowledge(delivery: Delivery): void {
    this.inFlight.end(delivery);
    this.readerOf(delivery).acknowledge(delivery.nativeId);
  }

  /**
   * Moves a delivery to the dead-letter stream. A failure shows in the next pull, which delivers it again.
   *
   * @returns the id of the dead letter; `null` where there is none.
   */
  async deadLetter(delivery: Delivery, report: DeadLetterReport): Promise<string | null> {
    this.inFlight.end(delivery);
    return this.readerOf(delivery).deadLetter(delivery.nativeId, report);
  }

  /**
   * Records how many attempts to handle a delivery have failed: they count after a restart, too.
   *
   * @param waits whether the next one has not begun yet.
   * @param failure for operators: what the latest one has failed with just now.
   */
  async recordAttempts(
    delivery: Delivery,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): Promise<void> {
    await this.readerOf(delivery).recordAttempts(delivery.nativeId, attempts, waits, failure);
  }

  /**
   * Confirms every acknowledgement and stops. What was fetched and not begun is handed back.
   *
   * @param signal aborted when there is no more time to try again.
   * @throws what was in the way then.
   */
  async close(signal: AbortSignal): Promise<void> {
    try {
      await allDone(this.readers.map((reader) => reader.settle(signal)));
    } finally {
      await allDone(this.readers.map((reader) => this.closeReader(reader)));
    }
  }

  /** Tells the handlers of all deliveries in flight to stop. @returns how many there are. */
  abandon(): number {
    return this.inFlight.abandon();
  }

  /**
   * For how long it has been asking the stores without an answer or a failure, ms; 0 while it waits for something to
   * read or to try again, and while a delivery is handled.
   */
  get readingMs(): number {
    return this.readingSince === undefined ? 0 : clock.now() - this.readingSince;
  }

  /** The streams that are read, and as whom. */
  get refs(): ConsumerRef[] {
    return this.readers.map(({ member: { stream, group, consumer } }) => ({
      ...{ stream, group, consumer },
    }));
  }

  /** Looks for entries to take over now, whatever `reclaim_interval` says. */
  claimSoon(): void {
    this.readers.forEach((reader) => reader.claimSoon());
  }

  private async fill(): Promise<void> {
    const due = this.readers.filter((reader) => !reader.isSettled);
    const [first] = due;
    if (first && due.length === 1) await first.fill();
    else if (first) await allDone(due.map((reader) => reader.fill()));
  }

  private takeOldest(): Delivery | undefined {
    let oldest: StreamReader | undefined;
    for (const reader of this.readers) {
      if (reader.head && (!oldest || older(reader, oldest))) oldest = reader;
    }
    const entry = oldest?.take();
    const place = oldest && this.streams.placeOf(oldest.member.stream);
    return entry && place && this.inFlight.begin(entry, place);
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const untilClaimMs = this.readers.map((reader) => reader.untilClaimMs);
    const untilMs = Math.min(this.streams.nextLookAt - clock.now(), ...untilClaimMs);
    // A timer that is set to more than it can hold rings at once.
    const timeoutMs = Math.min(untilMs, LONGEST_WAIT_MS);
    const hasNews = () => !!this.fault || this.readers.some((reader) => reader.hasNews);
    await this.rest.rest(timeoutMs, signal, hasNews);
  }

  private closeReader(reader: StreamReader): Promise<void> {
    const { stream } = reader.member;
    const begun = this.inFlight.begunOn(stream);
    return reader.close({ begun, running: this.inFlight.abandonedOn(stream) });
  }

  private tell(news: ReadingNews): void {
    const { kind, ref } = news;
    try {
      if (kind === 'taken')
        this.inFlight.takenOver({ stream: ref.stream, nativeId: news.nativeId });
      this.options.onChange(news);
    } catch (error) {
      // Of what goes on beside the reading: it is the reading that fails, where that is seen.
      this.fault ??= { error };
      this.rest.wake();
    }
  }

  private throwFault(): void {
    const { fault } = this;
    this.fault = undefined;
    if (fault) throw fault.error;
  }

  private readerOf({ stream }: Delivery): StreamReader {
    const reader = this.readers.find(({ member }) => member.stream === stream);
    if (!reader) throw new Error(`No reader for stream '${stream}'.`);
    return reader;
  }
}

function older(a: StreamReader, b: StreamReader): boolean {
  return compareEntryIds(a.head?.nativeId ?? '', b.head?.nativeId ?? '') < 0;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An aborted pause is how a stop looks, not a failure.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
