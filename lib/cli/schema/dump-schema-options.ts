import type { CommonOptions } from '../options.js';

/** Options of `lightbus dumpschema`. */
export interface DumpSchemaOptions extends CommonOptions {
  readonly bus?: string;
  readonly out?: string;
  readonly history?: boolean;
  /** Only with `history`. */
  readonly api?: string;
  /** A file. */
  readonly check?: string;
  readonly format?: 'lightbus' | 'asyncapi';
}
