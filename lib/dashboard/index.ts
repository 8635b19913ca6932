export { LightbusDashboardModule } from './dashboard.module.js';
export type {
  LightbusDashboardAsyncOptions,
  LightbusDashboardOptions,
  LightbusDashboardOptionsFactory,
  LightbusDashboardRoutes,
  LightbusDashboardSettings,
} from './dashboard-options.js';
