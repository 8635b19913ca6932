import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { EventRegistry } from '../event/event-registry.js';
import { knowingItsEvent, outsideOfHandlers } from '../event/handled-event.js';
import { eventHandlers } from '../listener/handler-registry.js';
import { LazyModules } from '../listener/lazy-modules.js';
import { checkListeners, describeIdleOptions, describeStrays } from '../listener/listener-check.js';
import type { Invoke, Listener } from '../listener/listener.js';
import { ListenerExplorer } from '../listener/listener.explorer.js';
import { LightbusLogger } from '../logger.js';
import { Projections } from '../projections/projections.js';
import { SharedReading } from '../reading/shared-reading.js';
import { inBackground } from '../timing/background.js';
import { clock } from '../timing/clock.js';
import { RemoteSchemas } from '../schema/remote/remote-schemas.js';
import { Stores } from '../store/stores.js';
import { describeError, stackOf } from '../handling/describe-error.js';
import { describeDrained, type Stopped } from './describe-drained.js';
import { endProcess } from './end-process.js';
import { ListenerConsumer } from './listener-consumer.js';
import { lossesOf, secondCopies } from './told-classes.js';

/** Injection token of the resolved configuration. */
export const RESOLVED_CONFIG = Symbol('LIGHTBUS_RESOLVED_CONFIG');

/**
 * Starts the listeners with the application and stops them with it: intake first, then the handlers
 * in flight, while everything that they may need still works; connections last. When the first two
 * are, `LifecycleModule` says.
 */
@Injectable()
export class Supervisor implements BeforeApplicationShutdown, OnApplicationShutdown {
  private running: ListenerConsumer[] = [];
  private started?: Promise<void>;
  private stopped?: Promise<void>;
  private hasFailed = false;
  private closed?: Promise<void>;

  constructor(
    private readonly registry: EventRegistry,
    private readonly explorer: ListenerExplorer,
    private readonly lazyModules: LazyModules,
    private readonly projections: Projections,
    private readonly stores: Stores,
    private readonly schemas: RemoteSchemas,
    private readonly logger: LightbusLogger,
    @Inject(RESOLVED_CONFIG) private readonly config: ResolvedConfig,
  ) {}

  /**
   * Finds the projections and begins to feed them. Idempotent.
   *
   * @throws ListenerDefinitionError
   */
  async feedProjections(): Promise<void> {
    try {
      const timeoutMs = this.config.bus.projection_timeout * 1000;
      const isStrict = this.config.strictListeners;
      outsideOfHandlers(() => this.projections.start({ timeoutMs, isStrict }));
      this.lazyModules.guard('projections', (modules) => this.projections.findLate(modules));
    } catch (error) {
      await this.onApplicationShutdown();
      throw error;
    }
    // Who waits for them in the application fails as well, and then Nest calls nothing of ours any more.
    this.projections.caughtUp().catch(() => this.onApplicationShutdown());
  }

  /**
   * Waits for the projections, finds the listeners, makes their consumer groups and starts them. Idempotent: Nest calls its hooks again
   * for each application that is made of one container. Not once it is being stopped.
   *
   * @throws ListenerDefinitionError, NotDurableError, ProcessNameInUseError, ProjectionTimeoutError
   */
  start(): Promise<void> {
    this.started ??= outsideOfHandlers(() => this.begin());
    return this.started;
  }

  /** The consumers of this process's listeners, once the application has started. */
  get consumers(): readonly ListenerConsumer[] {
    return this.running;
  }

  /** Takes in nothing more and waits for the handlers in flight. Never rejects. Idempotent. */
  stop(): Promise<void> {
    this.stopped ??= this.drain();
    return this.stopped;
  }

  /** As {@link stop}, where nobody called it earlier. */
  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Closes the connections. Idempotent. */
  onApplicationShutdown(): Promise<void> {
    this.closed ??= this.close();
    return this.closed;
  }

  private async begin(): Promise<void> {
    // Not when the module is made: all event classes are known by now.
    secondCopies(this.registry).forEach((copy) => this.logger.warn(copy));
    try {
      await this.projections.caughtUp();
      if (this.config.features.includes('events')) await this.startListeners();
      else this.tellSilence();
    } catch (error) {
      this.hasFailed = true;
      // Nest does not call the hooks of an application that failed to start.
      await this.onApplicationShutdown();
      throw error;
    }
  }

  private tellSilence(): void {
    // Who forgets the worker beside it finds no other hint.
    if (eventHandlers.all().length === 0) return;
    this.logger.log(
      "No listener runs in this process: 'events' is not among its features. 'lightbus run' runs them, unless its own " +
        '--features, --only or --skip, or LIGHTBUS_FEATURES, leave them out.',
    );
  }

  private async startListeners(): Promise<void> {
    const found = this.findListeners();
    lossesOf(found, this.registry, this.stores).forEach((loss) => this.logger.warn(loss));
    if (!this.stopped) await this.openStores(found);
    if (this.stopped) {
      // Nobody would stop them any more.
      this.logger.warn('The application is being closed while it starts: no listener is started.');
      return;
    }
    const shared = new SharedReading(this.stores.holder);
    this.running = found.map(
      (listener) =>
        new ListenerConsumer(
          ...([listener, this.stores, shared, this.logger, this.schemas] as const),
          this.config,
          () => this.shutDown(),
        ),
    );
    await Promise.all(this.running.map((consumer) => consumer.start()));
  }

  /** A listener waits for its Redis itself; the start waits only where it may have to be refused. */
  private async openStores(listeners: readonly Listener[]): Promise<void> {
    const apiNames = listeners.flatMap(({ selections }) => selections.map((one) => one.apiName));
    const required: Promise<void>[] = [];
    for (const apiName of new Set(apiNames)) {
      const { event_transport } = this.stores.forApi(apiName).settings;
      const opened = this.stores.open(apiName);
      if (event_transport.require_durable) required.push(opened);
    }
    await Promise.all(required);
  }

  private findListeners(): Listener[] {
    const { inheritAppConfig, strictListeners, listeners: overrides } = this.config;
    const exploration = this.explorer.explore(inheritAppConfig, overrides);
    this.lazyModules.guard('listeners', (modules) => this.explorer.findLate(modules));
    const strays = checkListeners(exploration, {
      isStrict: strictListeners,
      overridden: Object.keys(overrides),
    });
    if (strays.length > 0) this.logger.warn(describeStrays(strays));
    const idle = exploration.listeners.flatMap((listener) => describeIdleOptions(listener) ?? []);
    idle.forEach((line) => this.logger.warn(line));
    return exploration.listeners.map((listener) => ({
      ...listener,
      invoke: this.carryingOn(listener.invoke),
    }));
  }

  /** What is fired in a handler is caused by its event, where that is stored, and this service can fire. */
  private carryingOn(invoke: Invoke): Invoke {
    if (!this.config.bus.headers) return invoke;
    return knowingItsEvent(invoke, () => this.registry.size > 0);
  }

  /** For `onError: 'shutdown'`: drains, so that nothing is lost whoever ends the process, and ends it. */
  private shutDown(): void {
    const end = async () => {
      await this.stop();
      await endProcess(() => this.onApplicationShutdown());
    };
    inBackground(end, (error) => {
      this.logger.fatal(
        `The application could not be closed, and ends here: ${describeError(error)}`,
        stackOf(error),
      );
      process.exit(1);
    });
  }

  private async drain(): Promise<void> {
    this.stores.hurry();
    this.projections.endStart();
    const timeoutMs = this.config.bus.shutdown_timeout * 1000;
    const began = clock.now();
    const stopped = await Promise.all(this.running.map((one) => this.stopConsumer(one, timeoutMs)));
    if (stopped.length > 0 && !this.hasFailed) {
      this.logger.log(describeDrained(clock.now() - began, stopped));
    }
  }

  private async stopConsumer(consumer: ListenerConsumer, timeoutMs: number): Promise<Stopped> {
    const listener = consumer.listener.name;
    try {
      return { listener, unfinished: await consumer.stop(timeoutMs) };
    } catch (error) {
      this.logger.error(`Listener '${listener}' did not stop cleanly: ${describeError(error)}`);
      return { listener, unfinished: 0 };
    }
  }

  private async close(): Promise<void> {
    await this.stop();
    // So late that requests that are still answered read what they have written.
    await this.projections.stop(this.config.bus.shutdown_timeout * 1000);
    try {
      await this.stores.close();
    } catch (error) {
      this.logger.error(`A connection did not close cleanly: ${describeError(error)}`);
    }
  }
}
