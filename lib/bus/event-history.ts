import { Injectable } from '@nestjs/common';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { LightbusLogger } from '../logger.js';
import { HistoryFollower } from '../store/history-follower.js';
import { readSource, type HistorySource } from '../store/history-source.js';
import { mergeHistories, type HistoryPages, type SourceEntry } from '../store/read-history.js';
import { readTogether } from '../store/stored-together.js';
import { Stores } from '../store/stores.js';
import { linkSignals } from '../timing/linked-signal.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import { EntitySelection } from './entity-selection.js';
import { acceptHistoryOptions, type HistoryOptions, type HistoryQuery } from './history-options.js';
import { requireSoundTypes, selectEvents, type HistorySelector } from './selected-events.js';
import { SelectedHistory } from './selected-history.js';
import { StoppableIteration } from './stoppable-iteration.js';

type Messages = AsyncGenerator<EventMessage<object>, void, void>;

/** What to read, and the entity, where it is that of one only. */
interface Reading {
  readonly query: HistoryQuery;
  readonly history: SelectedHistory;
  readonly entity: EntitySelection | undefined;
}

/** Reads stored events, whoever fired them, and goes on with what is stored. */
@Injectable()
export class EventHistory {
  constructor(
    private readonly stores: Stores,
    private readonly registry: EventRegistry,
    private readonly logger: LightbusLogger,
  ) {}

  /** As `EventBus.history`. */
  read(
    selectors: HistorySelector | readonly HistorySelector[],
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<object>> {
    const { stores, registry, logger } = this;
    const query = acceptHistoryOptions(options);
    const selected = selectEvents(selectors);
    requireSoundTypes(selected);
    const history = new SelectedHistory(selected, { stores, registry, logger });
    const { key } = query;
    const target = (apiName: string) => history.target(apiName);
    const entity =
      key === undefined ? undefined : new EntitySelection(selected, key, target, registry);
    const reading = { query, history, entity };
    if (!query.follow) return this.past(reading);
    return new StoppableIteration((stop) => this.followed(reading, stop));
  }

  private async *past(reading: Reading): Messages {
    const { signal, reverse, limit } = reading.query;
    let left = limit;
    if (left === 0) return;
    signal?.throwIfAborted();
    for await (const page of mergeHistories(await historiesOf(reading), reverse)) {
      for (const entry of page) {
        signal?.throwIfAborted();
        const message = messageOf(reading, entry, true);
        if (!message) continue;
        yield message;
        if (--left === 0) return;
      }
    }
  }

  private async *followed(reading: Reading, stop: AbortSignal): Messages {
    const { history, query } = reading;
    const { signal, start, end, limit } = query;
    let left = limit;
    if (left === 0) return;
    signal?.throwIfAborted();
    const any = linkSignals([...(signal ? [signal] : []), stop, this.stores.closing]);
    const { mayGrow, restartDelayMs } = history;
    const sources = (complete: boolean) => sourcesOf(reading, complete);
    const follower = new HistoryFollower({ sources, mayGrow, restartDelayMs, start, end });
    let isPast = true;
    try {
      for await (const step of follower.read(any.signal)) {
        if (step.kind === 'current') isPast = false;
        const message = step.kind === 'entry' && messageOf(reading, step.entry, isPast);
        if (!message) continue;
        yield message;
        if (--left === 0) return;
        signal?.throwIfAborted();
      }
    } catch (error) {
      signal?.throwIfAborted();
      // The application shuts down, or nobody wants more.
      if (!any.signal.aborted) throw error;
    } finally {
      any.unlink();
    }
  }
}

/** The past of each stream: of several, as it was at one instant. */
async function historiesOf(reading: Reading): Promise<HistoryPages[]> {
  const { history, query } = reading;
  const sources = () => sourcesOf(reading, true);
  if (history.mayGrow) return readTogether(sources, query);
  const known = await unlessAborted(sources(), query.signal);
  if (known.length > 1) return readTogether(() => Promise.resolve(known), query);
  return known.map((source) => readSource(source, query));
}

async function sourcesOf(
  { history, entity }: Reading,
  complete: boolean,
): Promise<HistorySource[]> {
  const sources = await history.sources(complete);
  if (!entity) return sources;
  return Promise.all(
    sources.map(async (source) => ({ ...source, only: await entity.query(source.stream) })),
  );
}

function messageOf(
  { history, query: { key } }: Reading,
  entry: SourceEntry,
  isReplay: boolean,
): EventMessage<object> | undefined {
  const { sequence } = entry;
  return history.messageOf(entry, key === undefined ? { isReplay } : { isReplay, key, sequence });
}
