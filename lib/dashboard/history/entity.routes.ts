import { Get, Injectable, Req, Res } from '@nestjs/common';
import { searchEntity } from '../../operations/entity-search.js';
import { readHistoryPage, untold } from '../../operations/history-page.js';
import { Pages } from '../pages.js';
import { Payloads } from '../payloads.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { entityPage } from '../views/entity.js';
import { ROUTES } from '../views/links.js';
import type { EntityModel } from '../views/models.js';
import { EntryRows } from './entry-rows.js';
import { sourcesOf, StreamLookup } from './stream-lookup.js';

/** How many events a page has. */
const ROWS = 100;

/** All events about one entity. */
@Injectable()
export class EntityRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly lookup: StreamLookup,
    private readonly payloads: Payloads,
  ) {}

  @Get(ROUTES.entity)
  async entity(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const query = queryOf(request);
    const of = (name: string) => query.get(name) ?? '';
    const asked = { api: of('api'), stream: of('stream'), key: of('key') };
    const model = await this.find(asked, query.get('cursor') ?? undefined);
    this.pages.send(response, entityPage(this.pages.frame(request), model));
  }

  private async find(
    of: Pick<EntityModel, 'api' | 'stream' | 'key'>,
    cursor: string | undefined,
  ): Promise<EntityModel> {
    const nothing = { ...of, entries: [], lookedAt: 0, next: null };
    if (of.key === '') return { ...nothing, problem: 'No key is asked for: an entity has one.' };
    const streams = await this.lookup.asked(of);
    if (!Array.isArray(streams)) return { ...nothing, problem: streams.message };
    const { sources, keys, isIndexed } = await searchEntity(sourcesOf(streams), of.key);
    const rows = new EntryRows(this.payloads, keys, {
      event: undefined,
      path: undefined,
      key: of.key,
    });
    const page = await readHistoryPage({
      ...{ sources, start: '-', end: '+', reverse: false, cursor, limit: ROWS, take: rows.row },
    });
    const { items, looked, next } = isIndexed && this.payloads.isMasked ? untold(page) : page;
    const problem = isIndexed
      ? null
      : unindexed([...keys.values()].every(({ size }) => size === 0));
    return { ...of, problem, entries: items, lookedAt: looked, next };
  }
}

function unindexed(isUnkeyed: boolean): string {
  return isUnkeyed
    ? 'No service has told which parameter is the key of these events, so each event is looked at, and those are shown ' +
        'of which any parameter has this value.'
    : 'The index of this stream is not up to date, or there is none, so each event is looked at.';
}
