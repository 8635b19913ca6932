import { Get, Inject, Injectable, Post, Req, Res } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type LightbusDashboardSettings } from '../dashboard-options.js';
import { formOf } from '../form.js';
import { PageError } from '../page-error.js';
import { Pages } from '../pages.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { CsrfTokens, TOKEN_FIELD } from '../security/csrf.js';
import { foreignOrigin } from '../security/origin.js';
import { ROUTES } from '../views/links.js';
import type { LetterAction } from '../views/models.js';
import { planPage, resultPage } from '../views/plan.js';
import { LetterActions } from './letter-actions.js';
import { LetterPlans } from './letter-plans.js';
import { LetterResults, resultQuery } from './letter-results.js';
import { actionOf, selectionOfForm, selectionOfQuery } from './selection.js';

/** Redriving and discarding: what will happen, doing it, and what has become of it. */
@Injectable()
export class ActionsRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly tokens: CsrfTokens,
    private readonly plans: LetterPlans,
    private readonly actions: LetterActions,
    private readonly results: LetterResults,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: LightbusDashboardSettings,
  ) {}

  @Get(ROUTES.plan)
  async plan(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    this.checkActions();
    const query = queryOf(request);
    const { token, headers } = this.tokens.issue(request);
    const plan = await this.plans.of(actionOf(query.get('action')), selectionOfQuery(query));
    const fields = [...plan.fields, { name: TOKEN_FIELD, value: token }];
    const page = planPage(this.pages.frame(request), { ...plan, fields });
    this.pages.send(response, page, { headers });
  }

  @Post(ROUTES.redrive)
  redrive(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    return this.act('redrive', request, response);
  }

  @Post(ROUTES.discard)
  discard(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    return this.act('discard', request, response);
  }

  @Get(ROUTES.result)
  async result(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    this.checkActions();
    const model = await this.results.of(queryOf(request));
    this.pages.send(response, resultPage(this.pages.frame(request), model));
  }

  private async act(
    action: LetterAction,
    request: DashboardRequest,
    response: unknown,
  ): Promise<void> {
    this.checkActions();
    const foreign = foreignOrigin(request);
    if (foreign !== undefined) throw refused(foreign);
    const form = await formOf(request);
    const refusal = this.tokens.refusal(request, form.get(TOKEN_FIELD));
    if (refusal !== undefined) {
      throw refused(
        `${refusal}. Go back, load the page anew, and do it again. Where several processes serve the page, ` +
          "LightbusDashboardModule needs a 'secret' that they have in common",
      );
    }
    const selection = selectionOfForm(form);
    const done = await this.actions.perform(action, selection, request);
    const query = resultQuery(action, selection, done, form.get('count'));
    this.pages.seeOther(response, `./${ROUTES.result}?${query}`);
  }

  /** @throws PageError 403 */
  private checkActions(): void {
    if (this.settings.actions) return;
    throw new PageError(
      403,
      'This page only reads',
      "Nothing was done. 'lightbus deadletters' redrives and discards on a terminal; the page does with " +
        'LightbusDashboardModule.forRoot({ actions: true }).',
    );
  }
}

function refused(reason: string): PageError {
  return new PageError(403, 'Refused', `Nothing was done: ${reason}.`);
}
