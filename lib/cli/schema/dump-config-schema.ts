import { configJsonSchema } from '../../config/options/json-schema.js';
import { writeText } from './write-text.js';

/** `lightbus dumpconfigschema`. @throws CommandError where the file can't be written. */
export async function dumpConfigSchema(out: string | undefined): Promise<void> {
  await writeText(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`, out);
}
