import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ListenerState } from '../lifecycle/listener-consumer.js';
import { Projections } from '../projections/projections.js';
import { Listeners } from '../operations/listeners.js';
import { MemoryStore, type Backlog } from '../store/memory/memory.store.js';
import { Stores } from '../store/stores.js';
import { realTime, stoppedTimers } from './real-time.js';
import { RecordedEventsError } from './recorder-errors.js';

const FAKED =
  'Give the test real timers while handlers run, or fake Date alone: ' +
  "jest.useFakeTimers({ doNotFake: ['setTimeout', 'setInterval', 'queueMicrotask', 'nextTick'] }).";

type Behind = Awaited<ReturnType<Projections['behind']>>[number];

/** Knows what the listeners have not dealt with yet, and why that may be. */
@Injectable()
export class Handling implements OnApplicationBootstrap, OnModuleDestroy {
  private state: 'not started' | 'started' | 'closed' = 'not started';
  private firing = 0;

  constructor(
    private readonly stores: Stores,
    private readonly listeners: Listeners,
    private readonly projections: Projections,
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
   * Resolves when nothing is left to be handled, and projections were given everything. Neither its clock
   * nor its waiting are a test's fake ones.
   *
   * @param more what else to say where that does not happen in time.
   * @throws RecordedEventsError
   */
  async whenDone(timeoutMs: number, more: () => string): Promise<void> {
    const end = realTime.now() + timeoutMs;
    let wasQuiet = false;
    for (;;) {
      this.assertRunning();
      const left = this.backlog();
      const behind = await this.projections.behind();
      this.assertCanGoOn(left, behind);
      const isQuiet = left.length + behind.length + this.firing === 0;
      // A handler may have fired while it was looked whether the projections are behind.
      if (isQuiet && wasQuiet) return;
      wasQuiet = isQuiet;
      if (isQuiet) continue;
      if (realTime.now() >= end) {
        throw await this.notHandled(
          [...this.describe(left), ...describeBehind(behind)],
          timeoutMs,
          more(),
        );
      }
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
  private assertCanGoOn(left: readonly Backlog[], behind: readonly Behind[]): void {
    const stopped = left.filter((one) => {
      const states = this.statesOf(one);
      return states.length > 0 && states.every(({ status }) => status === 'stopped');
    });
    const all = [
      ...this.describe(stopped),
      ...describeBehind(behind.filter(({ failed }) => failed)),
    ];
    if (all.length === 0) return;
    throw new RecordedEventsError(
      `Not every event will be handled, as who should do it has stopped: ${all.join('; ')}. ` +
        'The log says why.',
    );
  }

  private async notHandled(
    left: readonly string[],
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
        `${[...left, ...firing].join('; ')}. Either a handler ` +
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

  private describe(left: readonly Backlog[]): string[] {
    return left.map((one) => {
      const { group, stream, pending, undelivered } = one;
      const what = `group '${group}' on '${stream}' has ${pending} in hand and ${undelivered} before it`;
      const states = this.statesOf(one).filter(({ status }) => status !== 'reading');
      const how = states.map(({ name, status, error }) => {
        return `listener '${name}' is ${status}${error ? `: ${error}` : ''}`;
      });
      return how.length > 0 ? `${what} (${how.join(', ')})` : what;
    });
  }

  private statesOf({ group, stream }: Backlog): ListenerState[] {
    return this.listeners
      .list()
      .filter(({ streams }) => streams.some((ref) => ref.group === group && ref.stream === stream));
  }
}

function describeBehind(behind: readonly Behind[]): string[] {
  return behind.map(({ name, stream, failed }) => {
    return failed
      ? failed.message
      : `the projection ${name} has not come to the end of '${stream}'`;
  });
}
