import { Module, type DynamicModule } from '@nestjs/common';
import { bindControllers } from '../bind-controllers.js';
import { DashboardBus } from '../dashboard-bus.js';
import { DASHBOARD_SETTINGS, type LightbusDashboardSettings } from '../dashboard-options.js';
import { ROUTE_CLASSES, SERVICES } from '../routes.js';
import { HAS_GUARDS } from '../security/access.guard.js';

/** The page without an application. It has no guards: it answers only what this machine has asked itself. */
@Module({})
export class StandaloneDashboardModule {
  /** @param bus what the page looks at; is not closed with it. */
  static for(bus: DashboardBus, settings: LightbusDashboardSettings): DynamicModule {
    return {
      module: StandaloneDashboardModule,
      controllers: bindControllers(ROUTE_CLASSES, { path: '' }),
      providers: [
        { provide: HAS_GUARDS, useValue: false },
        { provide: DASHBOARD_SETTINGS, useValue: settings },
        { provide: DashboardBus, useValue: bus },
        ...SERVICES,
      ],
    };
  }
}
