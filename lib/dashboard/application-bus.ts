import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import type { BusStream } from '../operations/bus-streams.js';
import { Stores } from '../store/stores.js';
import { parseStreamName } from '../wire/stream-names.js';
import type { DashboardBus } from './dashboard-bus.js';

/** What the page looks at in an application: its own stores, memory included. */
@Injectable()
export class ApplicationBus implements DashboardBus {
  readonly serviceName: string;

  constructor(
    private readonly stores: Stores,
    @Inject(RESOLVED_CONFIG) readonly config: ResolvedConfig,
  ) {
    this.serviceName = config.serviceName;
  }

  places(): string[] {
    return [...new Set(this.stores.all().map(({ description }) => description))];
  }

  async streams(): Promise<BusStream[]> {
    for (const apiName of ['default', ...this.config.apiNames]) this.stores.forApi(apiName);
    const found = await Promise.all(
      this.stores.all().map(async (store) => {
        const names = await store.findStreams();
        return names.flatMap((name): BusStream[] => {
          const owner = parseStreamName(name);
          if (!owner) return [];
          const settings = this.config.apiConfig(owner.apiName).event_transport;
          const isItsPlace = this.stores.forApi(owner.apiName).store === store;
          return isItsPlace ? [{ name, owner, store, settings }] : [];
        });
      }),
    );
    return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
