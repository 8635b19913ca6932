import { Injectable, type Type } from '@nestjs/common';
import { inspect } from 'node:util';
import { EventDefinitionError } from '../errors.js';
import { getEventDefinition } from '../event/event.decorator.js';
import type { EventMessage } from '../event/event-message.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';
import { LightbusLogger } from '../logger.js';
import { rangeEnd, rangeStart, type HistoryPoint } from '../wire/history-bounds.js';
import { readHistory, type HistoricEntry } from '../store/read-history.js';
import { Stores } from '../store/stores.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import { describeEntry, storedMessage } from './stored-message.js';
import { acceptOptions, type OptionRule } from './accept-options.js';

/** Options of `EventBus.history`. */
export interface HistoryOptions {
  /** First event: `'beginning'`, an instant, or an entry id; inclusive. @default 'beginning' */
  readonly since?: HistoryPoint<'beginning' | 'end'>;
  /** Last event: `'end'`, an instant, or an entry id; inclusive. @default 'end' */
  readonly until?: HistoryPoint<'beginning' | 'end'>;
  /** `'asc'`: oldest first. @default 'asc' (Python Lightbus reads newest first) */
  readonly order?: 'asc' | 'desc';
  /** How many events at most. @default no limit */
  readonly limit?: number;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
}

// `since` and `until` are checked where they are read.
const POINT = { expected: 'a point in history', accepts: () => true };

const RULES: Readonly<Record<keyof HistoryOptions, OptionRule>> = {
  since: POINT,
  until: POINT,
  order: { expected: "'asc' or 'desc'", accepts: (value) => value === 'asc' || value === 'desc' },
  limit: {
    expected: 'a whole number from 0, or Infinity',
    accepts: (value) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0),
  },
  signal: { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal },
};

/** What to read, checked. */
interface Query {
  readonly selection: EventSelection;
  readonly type: Type<object> | undefined;
  readonly range: Parameters<typeof readHistory>[2];
  readonly limit: number;
}

/** Reads stored events, page by page, whoever fired them. */
@Injectable()
export class EventHistory {
  constructor(
    private readonly stores: Stores,
    private readonly logger: LightbusLogger,
  ) {}

  /** As `EventBus.history`. */
  read(
    selector: Type<object> | string,
    options?: HistoryOptions,
  ): AsyncIterable<EventMessage<object>> {
    const { since, until, order, limit, signal } = acceptOptions('history', options, RULES);
    return this.iterate({
      selection: typeof selector === 'string' ? parseSelector(selector) : requireEvent(selector),
      type: typeof selector === 'string' ? undefined : selector,
      range: {
        start: rangeStart(since ?? 'beginning'),
        end: rangeEnd(until ?? 'end'),
        reverse: order === 'desc',
        signal,
      },
      limit: limit ?? Infinity,
    });
  }

  private async *iterate(query: Query): AsyncGenerator<EventMessage<object>, void, void> {
    const { selection, range } = query;
    let left = query.limit;
    if (!(left > 0)) return;
    range.signal?.throwIfAborted();
    const target = this.stores.forApi(selection.apiName);
    const streams = await unlessAborted(target.streamsOf(selection.eventName, true), range.signal);
    for await (const entry of readHistory(target.store, streams, range)) {
      const message = this.messageOf(entry, query, target.settings.cast_values);
      if (!message) continue;
      yield message;
      if (--left <= 0) return;
    }
  }

  private messageOf(
    { content, ...place }: HistoricEntry,
    { selection: { eventName }, type }: Query,
    cast: boolean,
  ): EventMessage<object> | undefined {
    const warn = (text: string) => this.logger.warn(text);
    if (content.kind === 'malformed') {
      const where = describeEntry(place);
      warn(`${where} is left out of the history: it is no event (${content.reason}).`);
    }
    if (content.kind !== 'event' || (eventName !== '*' && content.eventName !== eventName)) return;
    return storedMessage(content, place, { type, cast, arrival: { isReplay: true }, warn });
  }
}

// JavaScript users can give anything.
function requireEvent(type: unknown): EventSelection {
  const definition =
    typeof type === 'function' ? getEventDefinition(type as Type<object>) : undefined;
  if (definition) return definition;
  throw new EventDefinitionError(
    typeof type === 'function'
      ? `The history of ${type.name} can't be read: the class has no @Event. ` +
          "Decorate it with @Event('<api>.<event>'), or select events by name."
      : `The history of ${inspect(type)} can't be read. Give an event class, '<api>.<event>' or ` +
          "'<api>.*'. (undefined is usually a cycle between two files: import the class directly.)",
  );
}
