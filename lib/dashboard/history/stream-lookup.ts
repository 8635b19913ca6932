import { Injectable } from '@nestjs/common';
import type { BusStream } from '../../operations/bus-streams.js';
import type { HistorySource } from '../../store/history-source.js';
import { printable } from '../../wire/printable.js';
import { DashboardBus } from '../dashboard-bus.js';
import { PageError } from '../page-error.js';
import type { HistoryFilters, HistoryModel } from '../views/models.js';

type Problem = NonNullable<HistoryModel['problem']>;

/** The streams that requests name. */
@Injectable()
export class StreamLookup {
  constructor(private readonly bus: DashboardBus) {}

  /** The streams that exist, in the order of their names. @throws TransportError */
  all(): Promise<readonly BusStream[]> {
    return this.bus.streams();
  }

  /** The stream of that name; `undefined` where there is none. @throws TransportError */
  async named(name: string): Promise<BusStream | undefined> {
    return (await this.all()).find((stream) => stream.name === name);
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
