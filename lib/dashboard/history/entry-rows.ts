import type { EventKeys } from '../../store/entities.js';
import type { SourceEntry } from '../../store/read-history.js';
import { keyTextOf } from '../../wire/entity-key.js';
import { entryTime } from '../../wire/entry-id.js';
import { eventNameOf } from '../../wire/one-field.js';
import { parseStreamName } from '../../wire/stream-names.js';
import type { Payloads } from '../payloads.js';
import type { Shown } from '../security/masking.js';
import type { EntryRow } from '../views/models.js';
import type { HistorySearch } from './history-filters.js';

/** Of which stream which events have which parameter as their key. */
export type KeysByStream = ReadonlyMap<string, EventKeys>;

/** Which entries are asked for. */
export type EntryConditions = Pick<HistorySearch, 'event' | 'path' | 'key'>;

const ALL: EntryConditions = { event: undefined, path: undefined, key: '' };

/**
 * Entries as rows of a list. What `mask` hides is neither shown nor found: whoever could search for it would learn it
 * by guessing.
 */
export class EntryRows {
  constructor(
    private readonly payloads: Payloads,
    private readonly keys: KeysByStream,
    private readonly conditions: EntryConditions = ALL,
  ) {}

  /** The row of an entry; `undefined` where it isn't asked for. */
  readonly row = (entry: SourceEntry): EntryRow | undefined => {
    const { stream, nativeId, sequence } = entry;
    const fields = entry.fields ?? [];
    const owner = parseStreamName(stream);
    const eventName = eventNameOf(fields) || (owner?.eventName ?? '');
    // Most of what isn't asked for, without reading more of it.
    if (!this.isNamed(owner?.apiName ?? '', eventName)) return undefined;
    const { name, shown } = this.payloads.of({ stream, nativeId, fields });
    if (!this.isAskedFor(stream, name === null ? undefined : eventName, shown)) return undefined;
    return {
      ...{ stream, nativeId, timestamp: entryTime(nativeId), name },
      apiName: owner?.apiName ?? '',
      key: name === null ? null : this.keyOf(stream, eventName, shown),
      ...(sequence !== undefined && { sequence }),
      preview: this.payloads.preview(shown),
    };
  };

  private isNamed(apiName: string, eventName: string): boolean {
    const { event } = this.conditions;
    return !event || event.test(eventName) || event.test(`${apiName}.${eventName}`);
  }

  /** @param eventName `undefined` where it is no event. */
  private isAskedFor(stream: string, eventName: string | undefined, shown: Shown): boolean {
    const { event, path, key } = this.conditions;
    if (eventName === undefined) return !event && !path && key === '';
    if (!path && key === '') return true;
    const payload = shown.kind === 'payload' ? shown.payload : undefined;
    if (typeof payload !== 'object' || payload === null) return false;
    try {
      return (path?.(payload) ?? true) && (key === '' || this.hasKey(stream, eventName, payload));
    } catch {
      // What `mask` returns may be anything, and payloads are nested as deep as somebody likes.
      return false;
    }
  }

  /** By the parameter that is the event's key; where no service has told any, by whichever has it. */
  private hasKey(stream: string, eventName: string, payload: object): boolean {
    const { key } = this.conditions;
    const keys = this.keys.get(stream);
    if (keys && keys.size > 0) return this.keyIn(payload, keys.get(eventName)) === key;
    return Object.keys(payload).some((parameter) => this.keyIn(payload, parameter) === key);
  }

  private keyOf(stream: string, eventName: string, shown: Shown): string | null {
    const parameter = this.keys.get(stream)?.get(eventName);
    if (shown.kind === 'hidden' || typeof shown.payload !== 'object') return null;
    try {
      return this.keyIn(shown.payload ?? {}, parameter) ?? null;
    } catch {
      return null;
    }
  }

  private keyIn(payload: object, parameter: string | undefined): string | undefined {
    if (parameter === undefined || !Object.hasOwn(payload, parameter)) return undefined;
    return keyTextOf((payload as Record<string, unknown>)[parameter]);
  }
}
