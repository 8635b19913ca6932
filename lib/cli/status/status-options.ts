import type { NamePattern } from '../../operations/glob.js';
import type { CommonOptions } from '../options.js';

/** Options of `lightbus status`. */
export interface StatusOptions extends CommonOptions {
  readonly api?: NamePattern;
  readonly json?: boolean;
  /** Seconds; `true` where none were named. */
  readonly watch?: number | true;
}
