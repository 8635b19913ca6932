import type { CommonOptions } from '../options.js';

/** Options of `lightbus dashboard`. */
export interface DashboardOptions extends CommonOptions {
  readonly port: number;
  readonly host: string;
  /** Whether the page may redrive and discard. */
  readonly actions?: boolean;
}
