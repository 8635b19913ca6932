import type { CommonOptions } from '../options.js';

/** Options of `lightbus deadletters`. */
export interface DeadLettersOptions extends CommonOptions {
  /** In place of the configuration's `service_name`. */
  readonly serviceName?: string;
}
