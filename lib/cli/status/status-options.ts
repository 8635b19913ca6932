import type { CommonOptions } from '../options.js';

/** Options of `lightbus status`. */
export interface StatusOptions extends CommonOptions {
  readonly api?: RegExp;
  readonly json?: boolean;
  /** Seconds; `true` where none were named. */
  readonly watch?: number | true;
}
