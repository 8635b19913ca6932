import { Get, Injectable, Req, Res } from '@nestjs/common';
import { TransportError } from '../../errors.js';
import { readActivity } from '../../operations/stream-activity.js';
import { toListenerFacts, toStreamFacts } from '../facts.js';
import { Inspections, type InspectedStream } from '../inspections.js';
import { Pages } from '../pages.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { ROUTES } from '../views/links.js';
import type { StreamFacts } from '../views/models.js';
import { streamPage } from '../views/stream.js';
import { streamsPage } from '../views/streams.js';
import { toActivity } from './activity-facts.js';

/** Of how many streams the traffic is looked at in a list, and how many of them at a time. */
const MOST_LOOKED_AT = 50;
const SIDE_BY_SIDE = 10;

/** All streams, and one with its traffic and listeners. */
@Injectable()
export class StreamsRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly inspections: Inspections,
  ) {}

  @Get(ROUTES.streams)
  async streams(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { streams, problems } = await this.inspections.all();
    const facts: StreamFacts[] = [];
    for (let from = 0; from < streams.length; from += SIDE_BY_SIDE) {
      const some = streams.slice(from, from + SIDE_BY_SIDE);
      facts.push(...(await Promise.all(some.map((one) => listed(one, from < MOST_LOOKED_AT)))));
    }
    const model = { streams: facts, problems };
    this.pages.send(response, streamsPage(this.pages.frame(request), model));
  }

  @Get(ROUTES.stream)
  async stream(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { stream, state } = await this.inspections.stream(queryOf(request).get('stream') ?? '');
    const { name, store } = stream;
    const activity = toActivity(await readActivity(store, name));
    const listeners = state.groups.map((group) => toListenerFacts(name, group));
    const model = { stream: toStreamFacts(stream, state, activity), listeners };
    this.pages.send(response, streamPage(this.pages.frame(request), model));
  }
}

/** The list is worth showing without traffic, too. */
async function listed({ stream, state }: InspectedStream, isLooked: boolean): Promise<StreamFacts> {
  return toStreamFacts(stream, state, isLooked ? await glance(stream) : null);
}

async function glance({ store, name }: InspectedStream['stream']) {
  try {
    return toActivity(await readActivity(store, name, true));
  } catch (error) {
    if (error instanceof TransportError) return null;
    throw error;
  }
}
