import type { EventArrival, EventMessage } from '../event/event-message.js';
import type { EventName } from '../event/event-name.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { LightbusLogger } from '../logger.js';
import type { HistorySource } from '../store/history-source.js';
import type { HistoricEntry } from '../store/read-history.js';
import type { ApiStore, Stores } from '../store/stores.js';
import { parseStreamName } from '../wire/stream-names.js';
import { findSelected, type SelectedEvent } from './selected-events.js';
import { describeEntry, storedMessage } from './stored-message.js';

/** What reading a selection needs. */
export interface HistoryParts {
  readonly stores: Stores;
  readonly registry: EventRegistry;
  readonly logger: LightbusLogger;
}

/** The events of some selectors: in which streams they are, and the message of each. */
export class SelectedHistory {
  /** Names of the APIs that events are selected of. */
  readonly apiNames: readonly string[];

  constructor(
    readonly selected: readonly SelectedEvent[],
    private readonly parts: HistoryParts,
  ) {
    this.apiNames = [...new Set(selected.map(({ apiName }) => apiName))];
  }

  /** Where the events of an API are. */
  target(apiName: string): ApiStore {
    return this.parts.stores.forApi(apiName);
  }

  /**
   * The streams that hold the events as things stand, each once.
   *
   * @param complete see `EventStore.streamsOfApi`.
   */
  async sources(complete: boolean): Promise<HistorySource[]> {
    const sources = new Map<string, HistorySource>();
    for (const { apiName, eventName } of this.selected) {
      const { store, streamsOf } = this.target(apiName);
      for (const stream of await streamsOf(eventName, complete)) {
        sources.set(stream, { store, stream });
      }
    }
    return [...sources.values()];
  }

  /** The stream as a source, if it is one of these events', known or not; else `undefined`. */
  sourceOf(stream: string): HistorySource | undefined {
    const owner = parseStreamName(stream);
    const selected = this.selected.find(({ apiName, eventName }) => {
      if (owner?.apiName !== apiName) return false;
      const wanted = eventName === '*' ? owner.eventName : eventName;
      return this.target(apiName).streamOf(wanted) === stream;
    });
    return selected && { store: this.target(selected.apiName).store, stream };
  }

  /** Whether streams may come into being that hold such events, beside those that are known by name. */
  get mayGrow(): boolean {
    return this.selected.some(({ apiName, eventName }) => {
      const { stream_use } = this.target(apiName).settings.event_transport;
      return eventName === '*' && stream_use === 'per_event';
    });
  }

  /** Setting `consumption_restart_delay`, the shortest of these APIs, ms. */
  get restartDelayMs(): number {
    const delays = this.apiNames.map(
      (name) => this.target(name).settings.event_transport.consumption_restart_delay,
    );
    return Math.min(...delays) * 1000;
  }

  /**
   * By which name events are selected that are like the one of an entry. As in Lightbus, the stream says whose
   * API an event is; its own field may say otherwise.
   */
  nameOf({ content, stream }: HistoricEntry): EventName | undefined {
    if (content.kind !== 'event') return undefined;
    const apiName = parseStreamName(stream)?.apiName ?? content.apiName;
    return { apiName, eventName: content.eventName };
  }

  /**
   * The message of an entry, if it is one of these events. What is no event is left out, with a warning.
   *
   * @throws UpcastError
   */
  messageOf(
    { content, ...place }: HistoricEntry,
    arrival: EventArrival,
  ): EventMessage<object> | undefined {
    const { logger, registry } = this.parts;
    const name = this.nameOf({ content, ...place });
    const warn = (text: string) => logger.warn(text);
    if (content.kind === 'malformed') {
      const where = describeEntry(place);
      warn(`${where} is left out of the history: it is no event (${content.reason}).`);
    }
    if (content.kind !== 'event' || !name) return undefined;
    const selected = findSelected(this.selected, name);
    if (!selected) return undefined;
    const type = selected.type ?? registry.typeOf(name);
    const cast = this.target(name.apiName).settings.cast_values;
    return storedMessage(content, place, { type, cast, arrival, warn });
  }
}
