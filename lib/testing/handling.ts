import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ListenerState } from '../lifecycle/listener-consumer.js';
import { LightbusLogger } from '../logger.js';
import { Listeners } from '../operations/listeners.js';
import type { Place } from '../projections/projection.js';
import { Projections } from '../projections/projections.js';
import { MemoryStore, type Backlog } from '../store/memory/memory.store.js';
import { Stores } from '../store/stores.js';
import { compareEntryIds } from '../wire/entry-id.js';
import type { FailureLog } from './failure-log.js';
import { realTime, stoppedTimers } from './real-time.js';
import { RecordedEventsError } from './recorder-errors.js';

const FAKED =
  'Give the test real timers while handlers run, or fake Date alone: ' +
  "jest.useFakeTimers({ doNotFake: ['setTimeout', 'setInterval', 'queueMicrotask', 'nextTick'] }).";

/** How long {@link Handling.whenProjected} waits, ms. */
const PROJECTED_MS = 2_000;

/** Knows what listeners and projections have not dealt with yet, and why that may be. */
@Injectable()
export class Handling implements OnApplicationBootstrap, OnModuleDestroy {
  private state: 'not started' | 'started' | 'closed' = 'not started';
  private firing = 0;
  /** The newest entry of each stream that was fired on. */
  private readonly newest = new Map<string, Place>();

  constructor(
    private readonly stores: Stores,
    private readonly listeners: Listeners,
    private readonly projections: Projections,
    @Inject(LightbusLogger) private readonly log: FailureLog,
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

  /** These are stored: projections are to be given them. */
  expect(places: readonly Place[]): void {
    for (const place of places) {
      const newest = this.newest.get(place.stream);
      const isNewer = !newest || compareEntryIds(place.nativeId, newest.nativeId) > 0;
      if (isNewer) this.newest.set(place.stream, place);
    }
  }

  /** Resolves when projections, where they are fed by now, have these entries. @throws RecordedEventsError */
  async whenProjected(places: readonly Place[]): Promise<void> {
    const end = realTime.now() + PROJECTED_MS;
    while (this.behind(places).length > 0) {
      if (realTime.now() >= end) throw await this.notHandled([], PROJECTED_MS, '', places);
      await realTime.sleep(2);
    }
  }

  /**
   * Resolves when nothing is left to be handled, nor to be given to projections. Neither its clock nor its waiting are a test's fake ones.
   *
   * @param more what else to say where that does not happen in time.
   * @throws RecordedEventsError
   */
  async whenDone(timeoutMs: number, more: () => string): Promise<void> {
    const end = realTime.now() + timeoutMs;
    for (;;) {
      this.assertRunning();
      const left = this.backlog();
      const places = [...this.newest.values()];
      const isIdle = left.length === 0 && this.firing === 0;
      if (this.behind(places).length === 0 && isIdle) return;
      this.assertCanGoOn(left);
      if (realTime.now() >= end) throw await this.notHandled(left, timeoutMs, more(), places);
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
    places: readonly Place[],
  ): Promise<RecordedEventsError> {
    const behind = this.behind(places).map((name) => `the projection ${name} is behind`);
    const firing = this.firing > 0 ? [`${this.firing} calls of fire have not settled`] : [];
    const names = left.flatMap((one) => this.statesOf(one).map(({ name }) => name));
    const told = this.log.lastOf(names).join(' ');
    const faked = await stoppedTimers();
    const clock =
      faked.length > 0
        ? ` Or the test's fake clock is why: it stands in the place of ${faked.join(', ')}, so that handlers ` +
          `and listeners (before the next attempt of a handler that failed) that wait for them don't go on. ${FAKED}`
        : '';
    return new RecordedEventsError(
      `Not every event was handled within ${timeoutMs} ms: ` +
        `${[...(left.length > 0 ? [this.describe(left)] : []), ...behind, ...firing].join('; ')}. Either a handler ` +
        `needs longer (raise timeoutMs), or it fails and is tried again${told ? `. The log said last: ${told}` : '.'}` +
        clock +
        more,
    );
  }

  /** Names of projections that have not been given these entries. @throws RecordedEventsError where one has stopped. */
  private behind(places: readonly Place[]): string[] {
    return this.projections.behind(places).map(({ name, stopped }) => {
      if (stopped) throw new RecordedEventsError(stopped.message, { cause: stopped });
      return name;
    });
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
        const how = states.map(({ name, status, failing }) => {
          return `listener '${name}' is ${status}${failing ? `: ${failing.error}` : ''}`;
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
