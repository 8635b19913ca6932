import { Get, Injectable, Req, Res } from '@nestjs/common';
import { LiveTail, type TailStep } from '../../operations/live-tail.js';
import { printable } from '../../wire/printable.js';
import { inBackground } from '../../timing/background.js';
import { DashboardBus } from '../dashboard-bus.js';
import { PageError } from '../page-error.js';
import { HEADERS, Pages } from '../pages.js';
import { Payloads } from '../payloads.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { tailRow } from '../views/entry-rows.js';
import { ROUTES } from '../views/links.js';
import type { Frame } from '../views/models.js';
import { EntryRows } from './entry-rows.js';
import { EventStream, eventText, STILL_HERE } from './event-stream.js';
import { filtersIn, isProblem, understand } from './history-filters.js';
import { keysOf } from './history.routes.js';
import { OpenTails, type OpenTail } from './open-tails.js';
import { sourcesOf, StreamLookup } from './stream-lookup.js';

/** How many rows are sent at a time; of more the newest, and how many were left out. */
const ROWS = 50;

/** What is stored from now on, as server-sent events. */
@Injectable()
export class TailRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly bus: DashboardBus,
    private readonly lookup: StreamLookup,
    private readonly payloads: Payloads,
    private readonly tails: OpenTails,
  ) {}

  @Get(ROUTES.tail)
  async tail(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    // Platforms answer it by the handler of GET, and this one would never end.
    if (request.method === 'HEAD') throw new PageError(405, 'Not possible', 'A tail has no end.');
    const filters = { ...filtersIn(queryOf(request)), since: '', until: '' };
    const search = understand(filters);
    if (isProblem(search)) throw new PageError(400, 'Not possible', search.message);
    const streams = await this.lookup.asked(filters);
    if (!Array.isArray(streams)) throw new PageError(404, 'Nothing to follow', streams.message);
    const rows = new EntryRows(this.payloads, await keysOf(streams), search);
    const tail = this.tails.add();
    const sources = async () => {
      const asked = await this.lookup.asked(filters);
      return sourcesOf(Array.isArray(asked) ? asked : []);
    };
    const steps = new LiveTail({ sources, signal: tail.signal }).steps();
    try {
      // A store that is away is told as any other page tells it.
      await steps.next();
    } catch (error) {
      tail.close();
      throw error;
    }
    const events = EventStream.begin(response, HEADERS, tail.signal);
    const serving = this.serve(events, tail, steps, rows, this.pages.frame(request));
    tail.servedBy(serving);
    inBackground(
      () => serving,
      (error) => this.bus.logger.warn(`A live tail has ended: ${printable(String(error))}`),
    );
  }

  private async serve(
    events: EventStream,
    tail: OpenTail,
    steps: AsyncGenerator<TailStep, void, void>,
    rows: EntryRows,
    frame: Frame,
  ): Promise<void> {
    events.closed.addEventListener('abort', tail.close);
    if (events.closed.aborted) tail.close();
    try {
      await events.send(STILL_HERE);
      for await (const step of steps) await events.send(textOf(step, rows, frame));
    } finally {
      tail.close();
      await events.end();
    }
  }
}

function textOf({ entries, missed }: TailStep, { row }: EntryRows, frame: Frame): string {
  const found = entries.flatMap((entry) => row(entry) ?? []);
  const left = Math.max(0, found.length - ROWS);
  const shown = found.slice(left).map((one) => eventText(tailRow(frame, one)));
  const dropped = missed + left > 0 ? [eventText(String(missed + left), 'dropped')] : [];
  const texts = [...dropped, ...shown];
  return texts.length > 0 ? texts.join('') : STILL_HERE;
}
