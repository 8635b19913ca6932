import type { CommonOptions } from '../options.js';

/** Options of `lightbus deadletters`. */
export interface DeadLettersOptions extends CommonOptions {
  /** In place of the configuration's `service_name`. */
  readonly serviceName?: string;
}

/** Options of `lightbus deadletters list`. */
export interface ListOptions extends DeadLettersOptions {
  /** Only those that follow the letter of this id. */
  readonly after?: string;
  /** How many at most. */
  readonly limit?: number;
}
