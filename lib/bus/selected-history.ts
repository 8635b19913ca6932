import type { EventArrival, EventMessage } from '../event/event-message.js';
import type { EventName } from '../event/event-name.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { LightbusLogger } from '../logger.js';
import type { HistorySource } from '../store/history-source.js';
import type { SourceEntry } from '../store/read-history.js';
import type { ApiStore, Stores } from '../store/stores.js';
import { deserialize } from '../wire/by-field.js';
import { eventNameOf } from '../wire/one-field.js';
import { entryTime } from '../wire/entry-id.js';
import { parseStreamName } from '../wire/stream-names.js';
import { findSelected, type SelectedEvent } from './selected-events.js';
import { describeEntry, storedMessage, type StoredMessageOptions } from './stored-message.js';

/** What reading a selection needs. */
export interface HistoryParts {
  readonly stores: Stores;
  readonly registry: EventRegistry;
  readonly logger: LightbusLogger;
}

/** How events of one name are read. */
type Reading = Pick<StoredMessageOptions, 'type' | 'cast'>;

/** Of how many names of events that are stored it is remembered whether they are selected. */
const MOST_NAMES = 1_000;

/** The events of some selectors: in which streams they are, and the message of each. */
export class SelectedHistory {
  /** Names of the APIs that events are selected of. */
  readonly apiNames: readonly string[];

  /** By name of API, and of event; `null` for what is not selected. */
  private readonly readings = new Map<string, Map<string, Reading | null>>();
  /** Whose events a stream holds. */
  private readonly apis = new Map<string, string | undefined>();
  private readonly warn = (text: string): void => this.parts.logger.warn(text);

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
   * By which name events are selected that are like this one. As in Lightbus, the stream says whose API an event
   * is; its own field may say otherwise.
   */
  nameOf({ stream, apiName, eventName }: EventName & { readonly stream: string }): EventName {
    return { apiName: this.apiOf(stream) ?? apiName, eventName };
  }

  /**
   * The message of an entry, if it is one of these events. What is no event is left out, with a warning.
   *
   * @throws UpcastError
   */
  messageOf(entry: SourceEntry, arrival: EventArrival): EventMessage<object> | undefined {
    const { stream, nativeId, fields } = entry;
    const apiName = this.apiOf(stream);
    const eventName = eventNameOf(fields ?? []);
    // Nothing else is read of what nobody wants.
    if (apiName && eventName && !this.find(apiName, eventName)) return undefined;
    const content = deserialize(fields ?? [], stream, nativeId);
    if (content.kind === 'malformed') {
      const where = describeEntry(entry);
      this.warn(`${where} is left out of the history: it is no event (${content.reason}).`);
    }
    if (content.kind !== 'event') return undefined;
    const found = this.find(apiName ?? content.apiName, content.eventName);
    if (!found) return undefined;
    const place = { nativeId, stream, timestamp: entryTime(nativeId) };
    const { type, cast } = found;
    return storedMessage(content, place, { type, cast, arrival, warn: this.warn });
  }

  /** How events of a name are read; `undefined` where they are not selected. */
  private find(apiName: string, eventName: string): Reading | undefined {
    const ofApi = this.readings.get(apiName) ?? new Map<string, Reading | null>();
    this.readings.set(apiName, ofApi);
    let found = ofApi.get(eventName);
    if (found === undefined) {
      // Anybody can make names up.
      if (ofApi.size >= MOST_NAMES) ofApi.clear();
      ofApi.set(eventName, (found = this.lookUp({ apiName, eventName })));
    }
    return found ?? undefined;
  }

  private lookUp(name: EventName): Reading | null {
    const selected = findSelected(this.selected, name);
    if (!selected) return null;
    const type = selected.type ?? this.parts.registry.typeOf(name);
    return { type, cast: this.target(name.apiName).settings.cast_values };
  }

  private apiOf(stream: string): string | undefined {
    if (!this.apis.has(stream)) this.apis.set(stream, parseStreamName(stream)?.apiName);
    return this.apis.get(stream);
  }
}
