import { Get, Injectable, Req, Res } from '@nestjs/common';
import type { BusStream } from '../../operations/bus-streams.js';
import { readNearbyTrace } from '../../operations/entry-trace.js';
import { inContext } from '../../redis/in-context.js';
import {
  deserializeEntry,
  type HistoricEntry,
  type SourceEntry,
} from '../../store/read-history.js';
import { canonicalEntryId, entryTime } from '../../wire/entry-id.js';
import { printable } from '../../wire/printable.js';
import { PageError } from '../page-error.js';
import { Pages } from '../pages.js';
import { Payloads } from '../payloads.js';
import { queryOf, type DashboardRequest } from '../request.js';
import { entryPage } from '../views/entry.js';
import { ROUTES } from '../views/links.js';
import type { EntryModel } from '../views/models.js';
import { EntryRows } from './entry-rows.js';
import { keysOf } from './history.routes.js';
import { sourcesOf, StreamLookup } from './stream-lookup.js';

/** How many events of a trace are shown. */
const MOST_TRACED = 200;

/** In how many streams at most a trace is looked for. */
const MOST_STREAMS = 100;

const IRREGULAR =
  "It is not quite as Lightbus writes events. What is irregular is not shown, as there is a 'mask': 'lightbus inspect' tells.";

/** One entry: what is in it, what it belongs to, and its payload to be saved. */
@Injectable()
export class EntryRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly lookup: StreamLookup,
    private readonly payloads: Payloads,
  ) {}

  @Get(ROUTES.entry)
  async entry(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { stream, source } = await this.find(request);
    const model = await this.describe(stream, source);
    this.pages.send(response, entryPage(this.pages.frame(request), model));
  }

  @Get(ROUTES.payload)
  async payload(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const { source } = await this.find(request);
    const { name, shown } = this.payloads.of({ ...source, fields: source.fields ?? [] });
    const file = `${name ?? 'entry'}-${source.nativeId}`.replace(/[^\w.-]+/g, '-').slice(0, 150);
    // Its end says what it is, whatever the event is called.
    this.pages.sendFile(response, `${file}.txt`, this.payloads.whole(shown));
  }

  /** @throws PageError 400, 404 */
  private async find(
    request: DashboardRequest,
  ): Promise<{ stream: BusStream; source: SourceEntry }> {
    const query = queryOf(request);
    const stream = await this.lookup.required(query.get('stream') ?? '');
    const asked = query.get('id') ?? '';
    const id = canonicalEntryId(asked);
    if (id === null) {
      throw new PageError(
        400,
        'No entry id',
        `'${printable(asked.slice(0, 100))}' is no id of an entry. Expected one such as 1700000000000-0.`,
      );
    }
    const [found] = await this.range(stream, id, id);
    if (found) return { stream, source: { ...found, stream: stream.name } };
    throw new PageError(
      404,
      'No such entry',
      `There is no entry ${id} on '${printable(stream.name)}' (any more): it was trimmed or deleted, or Redis has gone ` +
        'back to an older state.',
    );
  }

  private range({ name, store }: BusStream, start: string, end: string, reverse = false) {
    const reading = store.range(name, { start, end, count: 1, reverse });
    return inContext(`Reading '${name}'`, store.description, reading);
  }

  private async describe(stream: BusStream, source: SourceEntry): Promise<EntryModel> {
    const entry = deserializeEntry(source);
    const { nativeId, content } = entry;
    const [[previous], [next], keys, trace] = await Promise.all([
      this.range(stream, '-', `(${nativeId}`, true),
      this.range(stream, `(${nativeId}`, '+'),
      keysOf([stream]),
      this.trace(entry),
    ]);
    const row = new EntryRows(this.payloads, keys).row(source);
    const { shown } = this.payloads.of({ ...source, fields: source.fields ?? [] });
    const isEvent = content.kind === 'event';
    return {
      ...{ stream: stream.name, nativeId, timestamp: entry.timestamp },
      ...{ name: row?.name ?? null, apiName: stream.owner.apiName, key: row?.key ?? null },
      preview: row?.preview ?? '',
      id: isEvent ? content.id : '',
      version: isEvent ? content.version : null,
      side: sideOf(entry),
      headers:
        isEvent && content.side?.headers
          ? this.payloads.text(this.payloads.beside(content.side.headers))
          : null,
      payload: this.payloads.text(shown),
      notes: notesOf(entry, this.payloads.isMasked),
      previous: previous?.nativeId ?? null,
      next: next?.nativeId ?? null,
      trace,
    };
  }

  private async trace({ nativeId, content }: HistoricEntry): Promise<EntryModel['trace']> {
    if (content.kind !== 'event') return null;
    const streams = await this.lookup.all();
    if (streams.length > MOST_STREAMS) return null;
    const { nodes, isWhole } = await readNearbyTrace(sourcesOf(streams), nativeId, content);
    const events = nodes.slice(0, MOST_TRACED).map(({ event, depth }) => ({
      ...{ stream: event.stream, nativeId: event.nativeId, depth },
      ...{ name: `${event.apiName}.${event.eventName}`, timestamp: entryTime(event.nativeId) },
    }));
    const isAlone = events.length < 2;
    return { events: isAlone ? [] : events, isWhole: isWhole && nodes.length <= MOST_TRACED };
  }
}

function sideOf({ content }: HistoricEntry): EntryModel['side'] {
  if (content.kind !== 'event' || !content.side) return [];
  const { firedAt, correlationId, causationId, traceparent, tracestate } = content.side;
  const said = {
    fired_at: firedAt === undefined ? undefined : new Date(firedAt).toISOString(),
    ...{ correlation_id: correlationId, causation_id: causationId, traceparent, tracestate },
  };
  return Object.entries(said).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
}

function notesOf({ content }: HistoricEntry, isMasked: boolean): readonly string[] {
  if (content.kind === 'event') {
    const notes = [...content.notes, ...(content.sideFaults ?? [])];
    // They quote what is irregular.
    return isMasked && notes.length > 0 ? [IRREGULAR] : notes;
  }
  if (content.kind === 'malformed') return [`It is no event: ${content.reason}.`];
  return ['It is no event: it is the no-op that Python Lightbus opens a stream with.'];
}
