import type { CommonOptions } from '../options.js';

/** Options of `lightbus dumpschema`. */
export interface DumpSchemaOptions extends CommonOptions {
  readonly bus?: string;
  readonly out?: string;
  readonly format?: 'lightbus' | 'asyncapi';
}
