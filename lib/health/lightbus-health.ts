import { Inject, Injectable, Optional, type FactoryProvider } from '@nestjs/common';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import { BusHealth, type BusHealthReport } from '../operations/bus-health.js';
import { checkThresholds, type HealthThresholds } from '../operations/listener-health.js';
import { Listeners } from '../operations/listeners.js';
import { Projections } from '../projections/projections.js';
import { Stores } from '../store/stores.js';

/** A health check's result in the shape of `@nestjs/terminus`: `{ lightbus: { status: 'up', … } }`. */
export type LightbusHealthResult<Key extends string = 'lightbus'> = Record<Key, BusHealthReport>;

/** Injection token of thresholds; nobody outside provides it. */
const THRESHOLDS = Symbol('LIGHTBUS_HEALTH_THRESHOLDS');

/**
 * Tells whether the bus can be used, and which listeners need a human. Add it to the providers of a health module,
 * as it is or {@link LightbusHealth.with} thresholds, and call it from `@nestjs/terminus` or from a controller of your
 * own.
 */
@Injectable()
export class LightbusHealth {
  private readonly health: BusHealth;

  constructor(
    stores: Stores,
    projections: Projections,
    @Inject(RESOLVED_CONFIG) config: ResolvedConfig,
    listeners: Listeners,
    @Optional() @Inject(THRESHOLDS) thresholds?: HealthThresholds,
  ) {
    this.health = new BusHealth({ stores, projections, config, listeners }, thresholds);
  }

  /**
   * A provider of `LightbusHealth` with other thresholds than the usual ones.
   *
   * @throws ConfigurationError for a threshold that is no number from 0.
   */
  static with(thresholds: HealthThresholds): FactoryProvider<LightbusHealth> {
    checkThresholds(thresholds);
    return {
      provide: LightbusHealth,
      useFactory: (
        stores: Stores,
        projections: Projections,
        config: ResolvedConfig,
        listeners: Listeners,
      ) => new LightbusHealth(stores, projections, config, listeners, thresholds),
      inject: [Stores, Projections, RESOLVED_CONFIG, Listeners],
    };
  }

  /**
   * Asks every store that is in use, and waits for its answer; where none is, those of the
   * configured APIs. Looks at this process's listeners and at their consumer groups. Never rejects.
   *
   * @param key name of the result. @default 'lightbus'
   * @param timeoutMs how long to wait for connection and answers, ms. @default 1000
   * @returns `down`, with every reason, where a store can't be reached or doesn't answer, and where a projection
   *   or a listener has stopped. `up` else; what needs a human all the same is listed in `degraded`.
   */
  async check<Key extends string = 'lightbus'>(
    key = 'lightbus' as Key,
    timeoutMs = 1_000,
  ): Promise<LightbusHealthResult<Key>> {
    return { [key]: await this.health.check(timeoutMs) } as LightbusHealthResult<Key>;
  }
}
