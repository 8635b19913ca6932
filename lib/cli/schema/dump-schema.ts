import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { mergeSchemas, schemaOfEvents, type BusSchema } from '../../schema/bus-schema.js';
import { SchemaReader } from '../../schema/schema-reader.js';
import { printable } from '../../wire/printable.js';
import { StderrLogger } from '../stderr-logger.js';
import { jsonText } from '../json-text.js';
import { dumpAsyncApi } from './asyncapi/dump-asyncapi.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';
import { applicationIfAny } from './own-definitions.js';
import { sortKeys } from './sort-keys.js';
import { writeText } from './write-text.js';

/**
 * `lightbus dumpschema`: the schemas on Redis and those of the application's own events, in
 * Lightbus's shape. With `--format asyncapi`, see `dumpAsyncApi`.
 *
 * @throws ConfigurationError, CommandError; `TransportError` where Redis can't be read.
 */
export async function dumpSchema(options: DumpSchemaOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  if (options.format === 'asyncapi') {
    await dumpAsyncApi(options, logger);
    return;
  }
  const { config, definitions } = await applicationIfAny(options, logger);
  const schema = mergeSchemas(await readPublished(config, logger), schemaOfEvents(definitions));
  const indent = config.bus.schema.human_readable ? 2 : 0;
  const write = (apis: BusSchema, file?: string) =>
    writeText(`${jsonText(sortKeys(apis), indent)}\n`, file);

  const { out } = options;
  if (out === undefined || !statSync(out, { throwIfNoEntry: false })?.isDirectory()) {
    await write(schema, out);
    return;
  }
  for (const [name, api] of Object.entries(schema)) {
    // Anybody can add to the names on Redis.
    if (/[/\\]/.test(name) || printable(name) !== name)
      logger.write('warning', `No file can be named after '${name}'.`);
    else await write({ [name]: api }, join(out, `${name}.json`));
  }
}

async function readPublished(config: ResolvedConfig, logger: StderrLogger): Promise<BusSchema> {
  const reader = new SchemaReader(config);
  try {
    const { schemas, problems } = await reader.read();
    problems.forEach((problem) => logger.write('warning', `${problem} It is left out.`));
    return schemas;
  } finally {
    await reader.close();
  }
}
