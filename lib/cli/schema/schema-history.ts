import { SchemaReader } from '../../schema/schema-reader.js';
import { jsonText } from '../json-text.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';
import { applicationIfAny } from './own-definitions.js';

/**
 * `lightbus dumpschema --history`: every description that events were given, a line of JSON each.
 *
 * @throws ConfigurationError; `TransportError` where Redis can't be read.
 */
export async function printSchemaHistory(options: DumpSchemaOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const { config } = await applicationIfAny(options, logger);
  const output = new Output(process.stdout);
  const reader = new SchemaReader(config);
  try {
    for await (const one of reader.history(options.api)) {
      if (output.closed.aborted) return;
      const { api, event, version, publishedAt, service, process: by, description } = one;
      const line = {
        ...{ api, event, version, published_at: publishedAt.toISOString() },
        ...{ service, process: by, schema: description },
      };
      await output.write(`${jsonText(line)}\n`);
    }
  } finally {
    await reader.close();
  }
}
