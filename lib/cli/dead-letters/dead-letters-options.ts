import type { CommonOptions } from '../options.js';

/** Options of `lightbus deadletters`. */
export interface DeadLettersOptions extends CommonOptions {
  /** In place of the configuration's `service_name`. */
  readonly serviceName?: string;
  /** Only those of this error, as `list --by error` names it. */
  readonly error?: string;
  /** Only those of this event. */
  readonly event?: string;
}

/** Options of `lightbus deadletters discard`. */
export interface DiscardOptions extends DeadLettersOptions {
  /** Nobody is asked. */
  readonly yes?: boolean;
}

/** How dead letters are printed. */
export type LettersFormat = 'human' | 'json';

/** Options of `lightbus deadletters list`. */
export interface ListOptions extends DeadLettersOptions {
  /** Only those that follow the letter of this id. */
  readonly after?: string;
  /** How many at most. */
  readonly limit?: number;
  /** Otherwise `human` on a terminal, `json` elsewhere. */
  readonly format?: LettersFormat;
  /** What to group them by. */
  readonly by?: 'error';
}
