import type { Provider, Type } from '@nestjs/common';
import { OverviewRoutes } from './overview.routes.js';
import { Pages } from './pages.js';
import { Masking } from './security/masking.js';

/** Classes with routes below the page's path: `bindControllers` makes controllers of them. */
export const ROUTE_CLASSES: readonly Type<object>[] = [OverviewRoutes];

/** What these need beside `DashboardBus`, settings and the HTTP platform. */
export const SERVICES: readonly Provider[] = [Pages, Masking];
