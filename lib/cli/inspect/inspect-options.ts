import type { CommonOptions } from '../options.js';
import type { EventFilter, StreamFilter } from '../../operations/event-filter.js';
import type { Moment } from '../../operations/moment.js';

/** How events are printed. */
export type EventFormat = 'json' | 'pretty' | 'human';

/** Options of `lightbus inspect`. */
export interface InspectOptions extends CommonOptions, EventFilter, StreamFilter {
  readonly nativeId?: string;
  /** An id or correlation id: prints what has caused what, and nothing else. */
  readonly trace?: string;
  readonly since?: Moment;
  readonly until?: Moment;
  readonly limit?: number;
  readonly format: EventFormat;
  readonly follow?: boolean;
}
