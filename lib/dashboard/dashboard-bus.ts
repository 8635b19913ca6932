import type { ResolvedConfig } from '../config/settings/settings.js';
import type { LightbusLogger } from '../logger.js';
import type { BusStream, BusStreams } from '../operations/bus-streams.js';
import type { Listeners } from '../operations/listeners.js';
import { clock } from '../timing/clock.js';
import type { ListenerModel } from './views/models.js';

/** How long the names of streams hold: so many times as long as it took to find them. */
const HOLDS = 20;

/** What a {@link DashboardBus} is made of. */
export interface DashboardBusParts {
  readonly config: ResolvedConfig;
  readonly streams: BusStreams;
  readonly logger: Pick<LightbusLogger, 'warn' | 'error'>;
  /** Whose page it is. */
  readonly service: string;
  /** Those of this process; none for a page on its own. */
  readonly listeners?: Pick<Listeners, 'list'>;
}

/** What the page looks at, in an application or on its own. */
export class DashboardBus {
  /** The configuration in force. */
  readonly config: ResolvedConfig;
  /** Is told what was done. */
  readonly logger: DashboardBusParts['logger'];
  /** The service whose application serves the page, or the configuration's source. */
  readonly serviceName: string;

  private found?: { readonly streams: Promise<BusStream[]>; until: number };

  constructor(private readonly parts: DashboardBusParts) {
    ({ config: this.config, logger: this.logger, service: this.serviceName } = parts);
  }

  /** The places of the stores that are looked at, without secrets. */
  places(): readonly string[] {
    return this.parts.streams.descriptions();
  }

  /**
   * The streams that exist now, or did a moment ago, in the order of their names: finding them looks at every key, so
   * that this is not done more than a twentieth of the time.
   *
   * @throws TransportError where a store can't be reached.
   */
  streams(): Promise<BusStream[]> {
    if (this.found && clock.now() < this.found.until) return this.found.streams;
    const began = clock.now();
    const streams = this.parts.streams.find();
    const found = { streams, until: Infinity };
    this.found = found;
    streams.then(
      () => (found.until = clock.now() + (clock.now() - began) * HOLDS),
      // Who asks next finds out anew.
      () => (found.until = 0),
    );
    return streams;
  }

  /** What this process knows of a listener that it runs itself; `null` where it does not. */
  own(group: string, stream: string): ListenerModel['own'] {
    const states = this.parts.listeners?.list() ?? [];
    const state = states.find(({ streams }) =>
      streams.some((ref) => ref.group === group && ref.stream === stream),
    );
    if (!state) return null;
    const { place, status, handling } = state;
    return { place, status, handling };
  }
}
