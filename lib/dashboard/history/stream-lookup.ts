import { Injectable } from '@nestjs/common';
import type { BusStream } from '../../operations/bus-streams.js';
import type { HistorySource } from '../../store/history-source.js';
import { clock } from '../../timing/clock.js';
import { printable } from '../../wire/printable.js';
import { DashboardBus } from '../dashboard-bus.js';
import { PageError } from '../page-error.js';
import type { HistoryFilters, HistoryModel } from '../views/models.js';

type Problem = NonNullable<HistoryModel['problem']>;

/** How old a list of the streams may be, ms: finding them looks at every key of a Redis. */
const LIST_MS = 10_000;

/** How old it may be for a stream that is on it, and for one that isn't. */
const NAMED_MS = 300_000;
const MISSING_MS = 2_000;

/** The streams that requests name, without looking for all of them again for each. */
@Injectable()
export class StreamLookup {
  private found: readonly BusStream[] = [];
  private foundAt = -Infinity;
  private finding: Promise<readonly BusStream[]> | undefined;

  constructor(private readonly bus: DashboardBus) {}

  /** The streams that exist, in the order of their names, as of a few seconds ago. @throws TransportError */
  async all(notOlderThanMs = LIST_MS): Promise<readonly BusStream[]> {
    if (clock.now() - this.foundAt <= notOlderThanMs) return this.found;
    this.finding ??= this.find().finally(() => (this.finding = undefined));
    return this.finding;
  }

  /** The stream of that name; `undefined` where there is none. @throws TransportError */
  async named(name: string): Promise<BusStream | undefined> {
    const has = (streams: readonly BusStream[]) => streams.find((stream) => stream.name === name);
    return has(await this.all(NAMED_MS)) ?? has(await this.all(MISSING_MS));
  }

  /** The same, for a page about it. @throws PageError 404; TransportError */
  async required(name: string): Promise<BusStream> {
    const stream = await this.named(name);
    if (stream) return stream;
    throw new PageError(404, 'No such stream', missing(name));
  }

  /** The stream, or those of the API, that filters name; or why there are none. @throws TransportError */
  async asked({
    stream,
    api,
  }: Pick<HistoryFilters, 'stream' | 'api'>): Promise<BusStream[] | Problem> {
    if (stream !== '') {
      const found = await this.named(stream);
      return found ? [found] : { filter: 'stream', message: missing(stream) };
    }
    const found = (await this.all()).filter(({ owner }) => owner.apiName === api);
    if (found.length > 0) return found;
    return {
      filter: 'api',
      message: `No stream holds events of an API '${cut(api)}'. Its name is what the streams' names begin with, such as 'store.orders' of 'store.orders.*:stream'.`,
    };
  }

  private async find(): Promise<readonly BusStream[]> {
    this.found = await this.bus.streams();
    this.foundAt = clock.now();
    return this.found;
  }
}

/** What is read of streams. */
export function sourcesOf(streams: readonly BusStream[]): HistorySource[] {
  return streams.map(({ name, store }) => ({ store, stream: name }));
}

function missing(stream: string): string {
  return (
    `There is no stream '${cut(stream)}' (any more). A stream comes into being when the first event is stored on it, ` +
    'or its first listener starts.'
  );
}

function cut(name: string): string {
  return printable(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
