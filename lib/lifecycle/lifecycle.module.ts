import {
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { LightbusLogger } from '../logger.js';
import { Supervisor } from './supervisor.js';

/** Nest gives the root module 0, which is the least, and destroys the least first. */
const BEFORE_THE_ROOT = -1;

/**
 * Feeds projections once every other module's `onModuleInit` has run, so that who waits for them in
 * `onApplicationBootstrap` does not wait in vain. Starts the listeners after every other module's `onApplicationBootstrap`, and stops them before any
 * other module's `onModuleDestroy`: that is where applications close the databases that handlers use.
 *
 * Nest orders the hooks of modules by their `distance` from the root, and offers nothing earlier than
 * `onModuleDestroy`. So this module takes a distance of its own, once Nest has given out all of them
 * (before it makes any module) and before Nest has sorted by them (at the first hook). Where that has
 * no effect, the supervisor's `beforeApplicationShutdown` still stops the listeners, only later.
 */
@Module({})
export class LifecycleModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly all: readonly { distance: number }[];
  private readonly own?: { distance: number };

  constructor(
    private readonly moduleRef: ModuleRef,
    modules: ModulesContainer,
  ) {
    const all = [...modules.values()];
    this.all = all;
    this.own = all.find(({ metatype }) => metatype === LifecycleModule);
    // Does not throw where a future Nest refuses it.
    if (this.own) Reflect.set(this.own, 'distance', BEFORE_THE_ROOT);
  }

  /** After every other module's. @throws as `Supervisor.feedProjections`. */
  async onModuleInit(): Promise<void> {
    await this.supervisor.feedProjections();
  }

  /** @throws as `Supervisor.start`. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.isFirstToStop()) {
      this.moduleRef
        .get(LightbusLogger, { strict: false })
        .warn(
          'This version of Nest does not let listeners stop first: close what handlers use (databases) ' +
            'in onApplicationShutdown, as after onModuleDestroy handlers may still be running.',
        );
    }
    await this.supervisor.start();
  }

  /** Takes in nothing more and waits for the handlers in flight. */
  async onModuleDestroy(): Promise<void> {
    await this.supervisor.stop();
  }

  private isFirstToStop(): boolean {
    const { own, all } = this;
    return own !== undefined && all.every((one) => one === own || one.distance > own.distance);
  }

  private get supervisor(): Supervisor {
    return this.moduleRef.get(Supervisor, { strict: false });
  }
}
