import { Injectable, type Type } from '@nestjs/common';
import { inspect } from 'node:util';
import { acceptOptions } from '../bus/accept-options.js';
import { SelectedHistory } from '../bus/selected-history.js';
import { ProjectionTimeoutError, UnknownProjectionError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { stackOf } from '../handling/describe-error.js';
import type { FindLate } from '../listener/lazy-modules.js';
import { LightbusLogger } from '../logger.js';
import { Stores } from '../store/stores.js';
import { clock } from '../timing/clock.js';
import { TimeoutError, within } from '../timing/within.js';
import { watchFeeding } from './feeding-watch.js';
import { ProjectionExplorer } from './projection-explorer.js';
import { Projection, type Place, type ProjectionState } from './projection.js';
import { WAIT_MS, WAIT_RULES, type ProjectionWaitOptions } from './wait-options.js';

/** Between two lines in the log that tell how far projections have come, ms. */
const PROGRESS_MS = 5_000;

/** What {@link Projections.waitFor} waits for: a message, or an entry id. */
export type WaitedEvent = Pick<EventMessage<unknown>, 'stream' | 'nativeId'> | string;

/** Who waits for `ready` so long before they are fed may do so where that keeps them from it, ms. */
const UNFED_MS = 5_000;

/** How projections are started. */
export interface ProjectionStart {
  /** Setting `projection_timeout`, ms. */
  readonly timeoutMs: number;
  /** Whether a `@Project` on a method that no provider has is refused. */
  readonly isStrict: boolean;
}

/**
 * The read models of this process: providers whose methods have `@Project`. They are fed when all `onModuleInit`
 * hooks have run, and the application starts once they have caught up.
 *
 * One whose method fails (it throws or rejects, or an upcaster does) stands still at that event: it never skips
 * one. The log has one error, `state` and `LightbusHealth` say so, and the start goes on, so that the application
 * can tell. Once the cause is removed, a restart feeds it anew.
 */
@Injectable()
export class Projections {
  private all: readonly Projection[] = [];
  private readonly stopping = new AbortController();
  private started?: Promise<void>;
  private unfed?: NodeJS.Timeout;
  private endWatch?: () => void;
  private running: Promise<unknown> = Promise.resolve();
  private becomeReady: () => void = () => undefined;
  private failReady: (error: unknown) => void = () => undefined;

  private readonly settled = new Promise<void>((resolve, reject) => {
    this.becomeReady = resolve;
    this.failReady = reject;
  });

  /**
   * Resolves when all have caught up. To be awaited in `onApplicationBootstrap` or later: they are fed when all
   * `onModuleInit` hooks have run, and one that awaits this keeps the application from starting. The log warns.
   *
   * Rejects with `ProjectionStoppedError` where one has failed, or the application is closed meanwhile; with
   * `ProjectionTimeoutError` where it took longer than the setting `projection_timeout`.
   */
  get ready(): Promise<void> {
    if (!this.started) this.unfed ??= setTimeout(() => this.tellUnfed(), UNFED_MS).unref();
    return this.settled;
  }

  constructor(
    private readonly explorer: ProjectionExplorer,
    private readonly stores: Stores,
    private readonly registry: EventRegistry,
    private readonly logger: LightbusLogger,
  ) {
    // Nobody has to wait for it.
    this.settled.catch(() => undefined);
  }

  /** How far a projection is. @throws UnknownProjectionError */
  state(provider: Type<object>): ProjectionState {
    return this.find(provider).state;
  }

  /**
   * Resolves when a projection has been given an event, and all that came before it on its stream: read your
   * writes. Also for events of its streams that it does not select.
   *
   * @param events what `fire` has returned, or a list of such: what `fireAll` has returned, or `messages` of
   *   `Aggregates.change`, which may be none. An entry id will do where the projection reads one stream.
   * @throws WaitTimeoutError; `ProjectionStoppedError` where it has failed, or the application is closed;
   *   `InvalidOptionsError` for an event of a stream that it does not read, and for impossible options;
   *   `UnknownProjectionError`.
   */
  async waitFor(
    provider: Type<object>,
    events: WaitedEvent | readonly WaitedEvent[],
    options?: ProjectionWaitOptions,
  ): Promise<void> {
    const { timeoutMs = WAIT_MS } = acceptOptions('waitFor', options, WAIT_RULES);
    const projection = this.find(provider);
    const places = [events].flat().map((event) => projection.placeOf(event));
    await Promise.all(places.map((place) => projection.reached(place, timeoutMs)));
  }

  /** Those that read these streams, and were not given these entries yet. @internal */
  behind(places: readonly Place[]): Projection[] {
    return this.all.filter((projection) => places.some((place) => projection.isBehind(place)));
  }

  /** Those that have failed, with what has stopped each. @internal */
  failures(): Error[] {
    return this.all.flatMap(({ state }) => state.failed ?? []);
  }

  /**
   * Finds the projections and begins to feed them. Idempotent. @internal
   *
   * @throws ListenerDefinitionError
   */
  start(options: ProjectionStart): void {
    if (this.started) return;
    clearTimeout(this.unfed);
    const { projections, strays } = this.explorer.explore(options.isStrict);
    strays.forEach((stray) => this.logger.warn(stray));
    const { stores, registry, logger } = this;
    this.all = projections.map((found) => {
      const selected = found.methods.flatMap((method) => method.selected);
      const history = new SelectedHistory(selected, { stores, registry, logger });
      return new Projection(found, history, stores.holder.token);
    });
    this.running = Promise.all(this.all.map((projection) => this.feed(projection)));
    this.endWatch = watchFeeding(this.all, (text) => logger.warn(text));
    this.started = this.catchUp(options.timeoutMs);
    this.started.catch((error: unknown) => this.failReady(error));
  }

  /** Resolves when each has caught up, or has failed, or the application is closed. @internal @throws ProjectionTimeoutError */
  async caughtUp(): Promise<void> {
    await this.started;
  }

  /** The application is closed while it starts: what has not caught up is fed no more. @internal */
  endStart(): void {
    if (this.all.some(({ state }) => !state.caughtUp && !state.failed)) this.stopping.abort();
  }

  /** See `ProjectionExplorer.findLate`. @internal */
  readonly findLate: FindLate = (modules) => this.explorer.findLate(modules);

  /**
   * Nothing is fed any more. Idempotent. @internal
   *
   * @param timeoutMs how long to wait for methods that still run.
   */
  async stop(timeoutMs: number): Promise<void> {
    clearTimeout(this.unfed);
    this.endWatch?.();
    this.stopping.abort();
    try {
      await within(this.running, timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      const endless = this.all.filter(({ stopped }) => !stopped);
      const names = endless.map(({ name }) => name);
      endless.forEach((projection) => projection.end(error));
      this.logger.warn(
        `${names.join(', ')}: a method with @Project still runs after ${timeoutMs / 1000} s (setting ` +
          'bus.shutdown_timeout), and is not waited for.',
      );
    }
  }

  private tellUnfed(): void {
    this.logger.warn(
      'Projections.ready is waited for, and the projections are not fed yet: that begins when all onModuleInit ' +
        'hooks have run. Where one of these awaits it, the application never starts: await it in ' +
        'onApplicationBootstrap.',
    );
  }

  private feed(projection: Projection): Promise<void> {
    return projection.run(this.stopping.signal).catch((error: unknown) => {
      this.logger.error(
        `${projection.state.failed?.message ?? projection.name}. What it says is out of date from there, and ` +
          'LightbusHealth is down. Remove the cause, and restart.',
        stackOf(error),
      );
    });
  }

  private async catchUp(timeoutMs: number): Promise<void> {
    const since = clock.now();
    const progress = setInterval(() => this.logger.log(this.describe('Catching up')), PROGRESS_MS);
    try {
      await within(Promise.all(this.all.map(({ settled }) => settled)), timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.stopping.abort();
      throw new ProjectionTimeoutError(
        `The projections have not caught up within ${timeoutMs / 1000} s (setting bus.projection_timeout). ` +
          `${this.describe('They came so far')}. Raise it, or keep what takes so long in a database, by listeners.`,
      );
    } finally {
      clearInterval(progress);
    }
    const stopped = this.all.find((one) => one.stopped)?.stopped;
    if (stopped) this.failReady(stopped);
    else this.becomeReady();
    if (this.all.length === 0) return;
    this.logger.log(`${this.describe('Projections are fed')}. It took ${clock.now() - since} ms.`);
  }

  private describe(what: string): string {
    const each = this.all.map(({ name, count, state: { position, caughtUp, failed } }) => {
      const how = failed ? 'failed' : caughtUp ? 'caught up' : `at ${position ?? 'the beginning'}`;
      return `${name} ${count} events, ${how}`;
    });
    return `${what}: ${each.join('; ')}`;
  }

  private find(provider: unknown): Projection {
    const found = this.all.find((one) => one.found.tokens.has(provider));
    if (found) return found;
    const asked = typeof provider === 'function' ? provider.name : inspect(provider);
    const names = this.all.map(({ name }) => name).join(', ') || 'none';
    throw new UnknownProjectionError(
      `${asked} is no projection of this application, which has ${names}. A projection is a provider whose ` +
        'methods have @Project; they are found when all onModuleInit hooks have run.',
    );
  }
}
