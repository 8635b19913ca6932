import { configJsonSchema } from '../../config/options/json-schema.js';
import { writeText } from './write-text.js';

/** `lightbus dumpconfigschema`. @throws CommandError where the file can't be written. */
export async function dumpConfigSchema(out: string | undefined, forPython = false): Promise<void> {
  await writeText(`${JSON.stringify(configJsonSchema(forPython), undefined, 2)}\n`, out);
}
