import type { CommonOptions } from '../options.js';
import type { PayloadTest } from './json-path.js';
import type { Moment } from './moment.js';
import type { VersionTest } from './version-range.js';

/** How events are printed. */
export type EventFormat = 'json' | 'pretty' | 'human';

/** Options of `lightbus inspect`. */
export interface InspectOptions extends CommonOptions {
  readonly id?: string;
  readonly nativeId?: string;
  readonly correlationId?: string;
  /** An id or correlation id: prints what has caused what, and nothing else. */
  readonly trace?: string;
  readonly api?: RegExp;
  readonly event?: RegExp;
  readonly version?: VersionTest;
  readonly jsonPath?: PayloadTest;
  readonly since?: Moment;
  readonly until?: Moment;
  readonly limit?: number;
  readonly format: EventFormat;
  readonly follow?: boolean;
  readonly internal?: boolean;
}
