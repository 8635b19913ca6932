import type { CommonOptions } from '../options.js';

/** Options of `lightbus run`. */
export interface RunOptions extends CommonOptions {
  readonly bus?: string;
  readonly serviceName?: string;
  readonly processName?: string;
  readonly features?: readonly string[];
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
}
