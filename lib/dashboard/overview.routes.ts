import { Get, Injectable, Req, Res } from '@nestjs/common';
import { toListenerFacts, toStreamFacts } from './facts.js';
import { Inspections } from './inspections.js';
import { Pages } from './pages.js';
import type { DashboardRequest } from './request.js';
import { ROUTES } from './views/links.js';
import type { Frame, OverviewModel } from './views/models.js';
import { overviewPage } from './views/overview.js';

/** What is wrong, then what there is. */
@Injectable()
export class OverviewRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly inspections: Inspections,
  ) {}

  /** The page's own address. */
  @Get()
  base(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    return this.answer(this.pages.frame(request, 'base'), response);
  }

  /** The same, where links lead to it: not every platform takes the page's own address with a `/` at its end. */
  @Get(ROUTES.overview)
  overview(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    return this.answer(this.pages.frame(request), response);
  }

  private async answer(frame: Frame, response: unknown): Promise<void> {
    const { streams, problems } = await this.inspections.all();
    const model: OverviewModel = {
      listeners: streams.flatMap(({ stream, state }) =>
        state.groups.map((group) => toListenerFacts(stream.name, group)),
      ),
      streams: streams.map(({ stream, state }) => toStreamFacts(stream, state, null)),
      problems,
    };
    this.pages.send(response, overviewPage(frame, model));
  }
}
