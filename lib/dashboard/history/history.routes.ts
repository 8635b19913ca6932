import { Get, Injectable, Req, Res } from '@nestjs/common';
import { TransportError } from '../../errors.js';
import type { BusStream } from '../../operations/bus-streams.js';
import { readKeys, searchEntity } from '../../operations/entity-search.js';
import { readHistoryPage, untold, type HistoryPage } from '../../operations/history-page.js';
import { Pages } from '../pages.js';
import { Payloads } from '../payloads.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { historyPage } from '../views/history.js';
import { ROUTES } from '../views/links.js';
import type { EntryRow, HistoryFilters, HistoryModel } from '../views/models.js';
import { EntryRows, type KeysByStream } from './entry-rows.js';
import { filtersIn, isProblem, understand, type HistorySearch } from './history-filters.js';
import { sourcesOf, StreamLookup } from './stream-lookup.js';

/** How many rows a page has. */
const ROWS = 50;

/** Of more streams their keys are not asked: each is a question to its Redis. */
const MOST_KEYED = 20;

/** The history of a stream, or of an API, by filters. */
@Injectable()
export class HistoryRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly lookup: StreamLookup,
    private readonly payloads: Payloads,
  ) {}

  @Get(ROUTES.history)
  async history(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const query = queryOf(request);
    const model = await this.find(filtersIn(query), query.get('cursor') ?? undefined);
    this.pages.send(response, historyPage(this.pages.frame(request), model));
  }

  private async find(filters: HistoryFilters, cursor: string | undefined): Promise<HistoryModel> {
    const streams = (await this.lookup.all()).map(({ name }) => name);
    const nothing = { filters, streams, entries: [], lookedAt: 0, next: null };
    const search = understand(filters);
    if (isProblem(search)) return { ...nothing, problem: search };
    if (filters.stream === '' && filters.api === '') return { ...nothing, problem: null };
    const asked = await this.lookup.asked(filters);
    if (!Array.isArray(asked)) return { ...nothing, problem: asked };
    const { items, looked, next } = await this.read(asked, filters, search, cursor);
    return { ...nothing, problem: null, entries: items, lookedAt: looked, next };
  }

  private async read(
    streams: readonly BusStream[],
    { order }: HistoryFilters,
    search: HistorySearch,
    cursor: string | undefined,
  ): Promise<HistoryPage<EntryRow>> {
    const { start, end, key } = search;
    const all = sourcesOf(streams);
    const { sources, keys, isIndexed } =
      key === '' || all.length > MOST_KEYED
        ? { sources: all, keys: await keysOf(streams), isIndexed: false }
        : await searchEntity(all, key);
    const { row: take } = new EntryRows(this.payloads, keys, search);
    const reverse = order === 'newest';
    const page = await readHistoryPage({
      ...{ sources, start, end, reverse, cursor, limit: ROWS, take },
    });
    return isIndexed && this.payloads.isMasked ? untold(page) : page;
  }
}

/** Which parameters are keys; none where that can't be known, as what is shown beside them is worth more. */
export async function keysOf(streams: readonly BusStream[]): Promise<KeysByStream> {
  if (streams.length > MOST_KEYED) return new Map();
  try {
    return await readKeys(sourcesOf(streams));
  } catch (error) {
    if (error instanceof TransportError) return new Map();
    throw error;
  }
}
