import type { LightbusFeature } from '../../config/checks/features.js';
import type { CommonOptions } from '../options.js';

/** Options of `lightbus run`. */
export interface RunOptions extends CommonOptions {
  readonly bus?: string;
  /** File or folder. */
  readonly schema?: string;
  readonly healthPort?: number;
  readonly healthHost?: string;
  /** Seconds. */
  readonly stuckAfter?: number;
  readonly serviceName?: string;
  readonly processName?: string;
  readonly features?: readonly LightbusFeature[];
  readonly only?: readonly LightbusFeature[];
  readonly skip?: readonly LightbusFeature[];
}
