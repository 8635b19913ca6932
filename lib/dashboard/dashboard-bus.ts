import type { ResolvedConfig } from '../config/settings/settings.js';
import type { LightbusLogger } from '../logger.js';
import type { BusStream } from '../operations/bus-streams.js';

/** Injection token of nothing but this: what the page looks at, in an application or on its own. */
export abstract class DashboardBus {
  /** The service whose application serves the page, or the configuration's. */
  abstract readonly serviceName: string;

  /** The configuration in force. */
  abstract readonly config: ResolvedConfig;

  /** Is told what was done, and what went wrong. */
  abstract readonly logger: Pick<LightbusLogger, 'warn' | 'error'>;

  /** The places of the stores that are looked at, without secrets. */
  abstract places(): readonly string[];

  /**
   * The streams that exist now, in the order of their names.
   *
   * @throws TransportError where a store can't be reached.
   */
  abstract streams(): Promise<BusStream[]>;
}
