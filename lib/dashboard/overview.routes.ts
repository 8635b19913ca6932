import { Get, Injectable, Req, Res } from '@nestjs/common';
import { Pages } from './pages.js';
import type { DashboardRequest } from './request.js';
import { ROUTES } from './views/links.js';

/** What is wrong, then what there is. */
@Injectable()
export class OverviewRoutes {
  constructor(private readonly pages: Pages) {}

  @Get(ROUTES.overview)
  overview(@Req() request: DashboardRequest, @Res() response: unknown): void {
    this.pages.send(response, JSON.stringify(this.pages.frame(request, 'base')));
  }
}
