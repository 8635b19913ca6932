import { Controller, UseFilters, UseGuards, type Type } from '@nestjs/common';
import { DashboardFilter } from './dashboard.filter.js';
import type { LightbusDashboardRoutes } from './dashboard-options.js';
import { AccessGuard } from './security/access.guard.js';

/** Metadata of `@ApiExcludeController` of `@nestjs/swagger`, which need not be installed. */
const NOT_IN_OPENAPI = 'swagger/apiExcludeController';

/**
 * Makes controllers of classes with routes: real ones of Nest, at the path and with the guards that this application
 * has chosen. Classes of their own, as another application in this process may choose otherwise.
 */
export function bindControllers(
  routes: readonly Type<object>[],
  { path = 'lightbus', version, guards = [] }: LightbusDashboardRoutes,
): Type<object>[] {
  return routes.map((base) => {
    const bound = class extends base {};
    Object.defineProperty(bound, 'name', { value: base.name });
    Controller({ path, version })(bound);
    UseGuards(AccessGuard, ...guards)(bound);
    UseFilters(DashboardFilter)(bound);
    Reflect.defineMetadata(NOT_IN_OPENAPI, [true], bound);
    return bound;
  });
}
