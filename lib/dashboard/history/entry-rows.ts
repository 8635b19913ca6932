import type { EventKeys } from '../../store/entities.js';
import {
  deserializeEntry,
  type HistoricEntry,
  type SourceEntry,
} from '../../store/read-history.js';
import { eventNameOf } from '../../wire/one-field.js';
import { keyTextOf } from '../../wire/entity-key.js';
import { parseStreamName } from '../../wire/stream-names.js';
import { previewOf } from '../payload-text.js';
import type { Masking, Shown } from '../security/masking.js';
import type { EntryRow } from '../views/models.js';
import type { HistorySearch } from './history-filters.js';

/** Of which stream which events have which parameter as their key. */
export type KeysByStream = ReadonlyMap<string, EventKeys>;

/** Which entries are asked for. */
export type EntryConditions = Pick<HistorySearch, 'event' | 'path' | 'key'>;

/** An entry, and what may be shown of its payload. */
export interface ShownEntry {
  readonly entry: HistoricEntry;
  /** `api.event`; `null` where it is no event. */
  readonly name: string | null;
  readonly shown: Shown;
}

const ALL: EntryConditions = { event: undefined, path: undefined, key: '' };

/**
 * Entries as rows of a list. What `mask` hides is neither shown nor found: whoever could search for it would learn it
 * by guessing.
 */
export class EntryRows {
  constructor(
    private readonly masking: Masking,
    private readonly keys: KeysByStream,
    private readonly conditions: EntryConditions = ALL,
  ) {}

  /** The row of an entry; `undefined` where it isn't asked for. */
  readonly row = (source: SourceEntry): EntryRow | undefined => {
    // Most of what isn't asked for, without reading more of it.
    const own = eventNameOf(source.fields ?? []);
    const { event, path, key } = this.conditions;
    if (own !== '' && event && !this.isNamed(source.stream, own)) return undefined;
    const shownEntry = showEntry(source, this.masking);
    const { entry, name, shown } = shownEntry;
    if (entry.content.kind !== 'event') {
      if (event || path || key !== '') return undefined;
    } else {
      if (event && !this.isNamed(entry.stream, entry.content.eventName)) return undefined;
      const payload = shown.kind === 'payload' ? shown.payload : undefined;
      if (path && !(typeof payload === 'object' && payload !== null && path(payload)))
        return undefined;
      if (key !== '' && !this.hasKey(entry.stream, entry.content.eventName, payload))
        return undefined;
    }
    return {
      ...{ stream: entry.stream, nativeId: entry.nativeId, timestamp: entry.timestamp, name },
      apiName: parseStreamName(entry.stream)?.apiName ?? '',
      key: this.keyOf(shownEntry),
      ...(source.sequence !== undefined && { sequence: source.sequence }),
      preview: shown.kind === 'payload' ? previewOf(shown.payload) : `(${shown.reason})`,
    };
  };

  /** The key of an event, as far as it may be shown. */
  keyOf({ entry, shown }: ShownEntry): string | null {
    if (entry.content.kind !== 'event' || shown.kind !== 'payload') return null;
    const parameter = this.keys.get(entry.stream)?.get(entry.content.eventName);
    return parameter === undefined ? null : (textAt(shown.payload, parameter) ?? null);
  }

  private isNamed(stream: string, eventName: string): boolean {
    const { event } = this.conditions;
    if (!event || event.test(eventName)) return true;
    return event.test(`${parseStreamName(stream)?.apiName ?? ''}.${eventName}`);
  }

  /** By the parameter that is the event's key; where no service has told any, by whichever has it. */
  private hasKey(stream: string, eventName: string, payload: unknown): boolean {
    const { key } = this.conditions;
    const keys = this.keys.get(stream);
    if (keys && keys.size > 0) {
      const parameter = keys.get(eventName);
      return parameter !== undefined && textAt(payload, parameter) === key;
    }
    if (typeof payload !== 'object' || payload === null) return false;
    return Object.keys(payload).some((parameter) => textAt(payload, parameter) === key);
  }
}

/** Reads an entry, and asks what may be shown of it. */
export function showEntry(source: SourceEntry, masking: Masking): ShownEntry {
  const entry = deserializeEntry(source);
  const { content } = entry;
  if (content.kind === 'event') {
    const name = `${content.apiName}.${content.eventName}`;
    return { entry, name, shown: masking.show(name, content.parameters) };
  }
  const shown = masking.show(null, null);
  if (shown.kind === 'hidden') return { entry, name: null, shown };
  return { entry, name: null, shown: { kind: 'payload', payload: source.fields ?? [] } };
}

function textAt(payload: unknown, parameter: string): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  if (!Object.hasOwn(payload, parameter)) return undefined;
  return keyTextOf((payload as Record<string, unknown>)[parameter]);
}
