import { inspect } from 'node:util';
import { findSelected } from '../bus/selected-events.js';
import type { SelectedHistory } from '../bus/selected-history.js';
import { PROJECTING, type ProjectionContext } from '../channels/channels.js';
import { traced } from '../channels/traced.js';
import { InvalidOptionsError, ProjectionStoppedError, WaitTimeoutError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import { describeError } from '../handling/describe-error.js';
import type { SourceEntry } from '../store/read-history.js';
import { HistoryFollower } from '../store/history-follower.js';
import { compareEntryIds, isEntryId } from '../wire/entry-id.js';
import type { FoundProjection } from './projection-explorer.js';

/** How far a projection is. */
export interface ProjectionState {
  /** The entry id that it has come to, of all its streams the newest; `null` before the first event. */
  readonly position: string | null;
  /** Whether it has come up to what was stored when it got there: from then on it is live. */
  readonly caughtUp: boolean;
  /** Why it has stopped for good; `null` where it has not. */
  readonly failed: Error | null;
}

/** An entry that is waited for. */
export interface Place {
  readonly stream: string;
  readonly nativeId: string;
}

interface Waiter extends Place {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type Method = (event: unknown, message: EventMessage<object>) => unknown;

/** One provider that is fed: from the beginning of history, and then live. */
export class Projection {
  /** How many of its events it was given. */
  count = 0;
  private caughtUp = false;
  /** Why it is fed no more. */
  stopped?: ProjectionStoppedError;
  private hasFailed = false;
  private feeding?: Place;
  private newest: string | null = null;
  private readonly positions = new Map<string, string>();
  private readonly waiters = new Set<Waiter>();
  private readonly follower: HistoryFollower;
  private settle: () => void = () => undefined;
  /** Resolves when it has caught up, or has stopped. */
  readonly settled = new Promise<void>((resolve) => (this.settle = resolve));

  /** @param application see `LightbusContext`. */
  constructor(
    readonly found: FoundProjection,
    private readonly history: SelectedHistory,
    private readonly application: string,
  ) {
    this.follower = new HistoryFollower({
      sources: (complete) => history.sources(complete),
      mayGrow: history.mayGrow,
      restartDelayMs: history.restartDelayMs,
      ...{ start: '-', end: '+' },
    });
  }

  get name(): string {
    return this.found.name;
  }

  get state(): ProjectionState {
    const failed = this.hasFailed ? (this.stopped ?? null) : null;
    return { position: this.newest, caughtUp: this.caughtUp, failed };
  }

  /**
   * Feeds it until the signal is aborted.
   *
   * @throws what a method has thrown, or what keeps its events from being read: then it is fed no more.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for await (const step of this.follower.read(signal)) {
        if (step.kind === 'entry') await this.take(step.entry);
        else this.isCurrent();
        signal.throwIfAborted();
      }
    } catch (cause) {
      this.hasFailed = !signal.aborted;
      if (!this.hasFailed) {
        this.end(cause);
        return;
      }
      const at = this.feeding ? ` at ${describePlace(this.feeding)}` : '';
      this.tellStopped(`${at}: ${describeError(cause)}`, cause);
      throw cause;
    }
  }

  /** The application is being closed: nobody has to wait for it any more. */
  end(cause: unknown): void {
    if (!this.stopped) this.tellStopped(': the application is being closed', cause);
  }

  /** The event that its methods have not returned from, if there is one. */
  get fed(): Place | undefined {
    return this.stopped ? undefined : this.feeding;
  }

  /**
   * Which entry that is.
   *
   * @throws InvalidOptionsError where it is none that this projection reads.
   */
  placeOf(event: Pick<EventMessage<unknown>, 'stream' | 'nativeId'> | string): Place {
    // JavaScript may give anything: `messages[0]` of a change that decided on nothing.
    if (
      typeof event !== 'string' &&
      typeof (event as Partial<Place> | null | undefined)?.stream !== 'string'
    ) {
      throw new InvalidOptionsError(
        `The projection ${this.name} can't be waited for to come to ${inspect(event, { depth: 0 })}: give the message that ` +
          'fire has returned, or messages of fireAll or aggregates.change.',
      );
    }
    const place =
      typeof event === 'string' ? { stream: this.onlyStream(), nativeId: event } : event;
    const source = this.history.sourceOf(place.stream);
    if (!source || !isEntryId(place.nativeId)) {
      const streams = this.follower.streamNames.map((name) => `'${name}'`).join(', ');
      throw new InvalidOptionsError(
        `The projection ${this.name} will never come to ${place.nativeId} on '${place.stream}': ` +
          `it reads ${streams || 'other streams'}.`,
      );
    }
    // One that is new, and was not found yet.
    this.follower.include(source);
    return { stream: place.stream, nativeId: place.nativeId };
  }

  /** Whether it reads that stream, and was not given that entry yet. */
  isBehind(place: Place): boolean {
    const source = this.history.sourceOf(place.stream);
    if (!source || this.has(place)) return false;
    this.follower.include(source);
    return true;
  }

  /** @throws WaitTimeoutError, ProjectionStoppedError */
  async reached(place: Place, timeoutMs: number): Promise<void> {
    if (this.has(place)) return;
    if (this.stopped) throw this.stopped;
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { ...place, resolve, reject };
        this.waiters.add(waiter);
        timer = setTimeout(() => {
          const at = this.positions.get(place.stream) ?? 'the beginning';
          const { fed } = this;
          const busy = fed ? `, and a method has not returned from ${describePlace(fed)}` : '';
          reject(
            new WaitTimeoutError(
              `The projection ${this.name} has not come to ${place.nativeId} on '${place.stream}' within ` +
                `${timeoutMs} ms: it is at ${at}${busy}.`,
            ),
          );
        }, timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) this.waiters.delete(waiter);
    }
  }

  private take(entry: SourceEntry): Promise<void> {
    this.feeding = entry;
    const message = this.history.messageOf(entry, { isReplay: !this.caughtUp });
    if (!message || !PROJECTING.hasSubscribers) return this.feed(entry, message);
    const { application, name: projection } = this;
    const told: ProjectionContext = { application, projection, message };
    return traced(
      PROJECTING,
      told,
      () => this.feed(entry, message),
      () => (told.outcome = 'handled'),
    );
  }

  private async feed(
    { stream, nativeId }: SourceEntry,
    message: EventMessage<object> | undefined,
  ): Promise<void> {
    if (message) {
      const name = this.history.nameOf(message);
      for (const { methodName, selected } of this.found.methods) {
        if (!findSelected(selected, name)) continue;
        const { instance } = this.found;
        await (Reflect.get(instance, methodName) as Method).call(
          instance,
          message.payload,
          message,
        );
      }
      this.count++;
    }
    this.feeding = undefined;
    this.positions.set(stream, nativeId);
    if (this.newest === null || compareEntryIds(nativeId, this.newest) > 0) this.newest = nativeId;
    for (const waiter of this.waiters) if (this.has(waiter)) waiter.resolve();
  }

  private tellStopped(why: string, cause: unknown): void {
    this.stopped = new ProjectionStoppedError(`The projection ${this.name} is fed no more${why}`, {
      cause,
    });
    for (const waiter of [...this.waiters]) waiter.reject(this.stopped);
    this.settle();
  }

  private isCurrent(): void {
    this.caughtUp = true;
    this.settle();
  }

  private has({ stream, nativeId }: Place): boolean {
    const position = this.positions.get(stream);
    return position !== undefined && compareEntryIds(position, nativeId) >= 0;
  }

  private onlyStream(): string {
    const streams = new Set(
      this.history.selected.map(({ apiName, eventName }) =>
        this.history.target(apiName).streamOf(eventName),
      ),
    );
    const [only] = streams;
    if (streams.size === 1 && only !== undefined && !this.history.mayGrow) return only;
    throw new InvalidOptionsError(
      `The projection ${this.name} reads several streams, so that an entry id does not say which event is ` +
        'waited for. Give the message that fire has returned.',
    );
  }
}

/** Which entry it is, for messages to people. */
export function describePlace({ nativeId, stream }: Place): string {
  return `entry ${nativeId} on '${stream}'`;
}
