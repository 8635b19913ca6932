import type { NamePattern } from '../../operations/glob.js';
import type { CommonOptions } from '../options.js';

/** Options of `lightbus retire`. */
export interface RetireOptions extends CommonOptions {
  /** In place of the configuration's `service_name`. */
  readonly serviceName?: string;
  /** On streams of these APIs only. */
  readonly api?: NamePattern;
  /** The listener's dead letters are removed, too. */
  readonly withDeadLetters?: boolean;
  /** Only consumers that hold nothing and that nobody uses are removed. */
  readonly consumers?: boolean;
  /** Nobody is asked. */
  readonly yes?: boolean;
}
