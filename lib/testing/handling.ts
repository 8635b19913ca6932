import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ListenerState } from '../lifecycle/listener-consumer.js';
import { Listeners } from '../operations/listeners.js';
import { MemoryStore, type Backlog } from '../store/memory/memory.store.js';
import { Stores } from '../store/stores.js';
import { realTime, stoppedTimers } from './real-time.js';
import { RecordedEventsError } from './recorder-errors.js';

const FAKED =
  'Give the test real timers while handlers run, or fake Date alone: ' +
  "jest.useFakeTimers({ doNotFake: ['setTimeout', 'setInterval', 'queueMicrotask', 'nextTick'] }).";

/** Knows what the listeners have not dealt with yet, and why that may be. */
@Injectable()
export class Handling implements OnApplicationBootstrap, OnModuleDestroy {
  private state: 'not started' | 'started' | 'closed' = 'not started';
  private firing = 0;

  constructor(
    private readonly stores: Stores,
    private readonly listeners: Listeners,
  ) {}

  onApplicationBootstrap(): void {
    this.state = 'started';
  }

  onModuleDestroy(): void {
    this.state = 'closed';
  }

  /** Waits for a `fire` that nobody may have awaited: its event is not stored yet. */
  async during<T>(firing: Promise<T>): Promise<T> {
    this.firing++;
    try {
      return await firing;
    } finally {
      this.firing--;
    }
  }

  /**
   * Resolves when nothing is left to be handled. Neither its clock nor its waiting are a test's fake ones.
   *
   * @param more what else to say where that does not happen in time.
   * @throws RecordedEventsError
   */
  async whenDone(timeoutMs: number, more: () => string): Promise<void> {
    const end = realTime.now() + timeoutMs;
    for (;;) {
      this.assertRunning();
      const left = this.backlog();
      if (left.length === 0 && this.firing === 0) return;
      this.assertCanGoOn(left);
      if (realTime.now() >= end) throw await this.notHandled(left, timeoutMs, more());
      // Nothing tells of an acknowledgement; in memory a look costs next to nothing.
      await realTime.sleep(2);
    }
  }

  private assertRunning(): void {
    if (this.state === 'started') return;
    throw new RecordedEventsError(
      this.state === 'closed'
        ? 'No event is handled any more: the application is closed. Await recorder.whenHandled() before ' +
            'module.close().'
        : 'No event can be handled: the application has not started, and its listeners with it. Call ' +
            'await module.init() after compile() (or await module.createNestApplication().init()), and ' +
            'recorder.whenHandled() after that.',
    );
  }

  /** Who has stopped handles nothing however long it is waited for. */
  private assertCanGoOn(left: readonly Backlog[]): void {
    const stopped = left.filter((one) => {
      const states = this.statesOf(one);
      return states.length > 0 && states.every(({ status }) => status === 'stopped');
    });
    if (stopped.length === 0) return;
    throw new RecordedEventsError(
      `Not every event will be handled, as who should do it has stopped: ${this.describe(stopped)}. ` +
        'The log says why.',
    );
  }

  private async notHandled(
    left: readonly Backlog[],
    timeoutMs: number,
    more: string,
  ): Promise<RecordedEventsError> {
    const firing = this.firing > 0 ? [`${this.firing} calls of fire have not settled`] : [];
    const faked = await stoppedTimers();
    const clock =
      faked.length > 0
        ? ` Or the test's fake clock is why: it stands in the place of ${faked.join(', ')}, so that handlers ` +
          `and listeners (before the next attempt of a handler that failed) that wait for them don't go on. ${FAKED}`
        : '';
    return new RecordedEventsError(
      `Not every event was handled within ${timeoutMs} ms: ` +
        `${[...(left.length > 0 ? [this.describe(left)] : []), ...firing].join('; ')}. Either a handler ` +
        'needs longer (raise timeoutMs), or it fails and is tried again: see the log for its error.' +
        clock +
        more,
    );
  }

  private backlog(): Backlog[] {
    return this.stores
      .all()
      .flatMap((store) => (store instanceof MemoryStore ? store.backlog() : []));
  }

  private describe(left: readonly Backlog[]): string {
    return left
      .map((one) => {
        const { group, stream, pending, undelivered } = one;
        const what = `group '${group}' on '${stream}' has ${pending} in hand and ${undelivered} before it`;
        const states = this.statesOf(one).filter(({ status }) => status !== 'reading');
        const how = states.map(({ name, status, error }) => {
          return `listener '${name}' is ${status}${error ? `: ${error}` : ''}`;
        });
        return how.length > 0 ? `${what} (${how.join(', ')})` : what;
      })
      .join('; ');
  }

  private statesOf({ group, stream }: Backlog): ListenerState[] {
    return this.listeners
      .list()
      .filter(({ streams }) => streams.some((ref) => ref.group === group && ref.stream === stream));
  }
}
