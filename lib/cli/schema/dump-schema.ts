import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModulesContainer } from '@nestjs/core';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { getEventDefinition } from '../../event/event.decorator.js';
import { mergeSchemas, schemaOfEvents, type BusSchema } from '../../schema/bus-schema.js';
import { SchemaReader } from '../../schema/schema-reader.js';
import { readConfig } from '../open-bus.js';
import { ownedEvents, ownOptions, scanModules } from '../run/application-modules.js';
import { isModuleNamedOrBuilt, loadModule } from '../run/load-module.js';
import { printable } from '../../wire/printable.js';
import { StderrLogger } from '../stderr-logger.js';
import { jsonText } from '../json-text.js';
import { dumpAsyncApi } from './asyncapi/dump-asyncapi.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';
import { sortKeys } from './sort-keys.js';
import { writeText } from './write-text.js';

/**
 * `lightbus dumpschema`: the schemas on Redis and those of the application's own events, in
 * Lightbus's shape. Where Redis is, the configuration says that `lightbus run` would take; what `forRootAsync` would
 * make is not known. With `--format asyncapi`, see `dumpAsyncApi`.
 *
 * @throws ConfigurationError, CommandError; `TransportError` where Redis can't be read.
 */
export async function dumpSchema(options: DumpSchemaOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel ?? 'warning');
  if (options.format === 'asyncapi') {
    await dumpAsyncApi(options, logger);
    return;
  }
  const modules = await findModules(options);
  const config = await readConfig(options, logger, modules && ownOptions(modules));
  const events = modules ? ownedEvents(modules) : [];
  const own = schemaOfEvents(events.map(getEventDefinition).filter(isDefined));
  const schema = mergeSchemas(await readPublished(config, logger), own);
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

async function findModules({ bus }: DumpSchemaOptions): Promise<ModulesContainer | undefined> {
  return isModuleNamedOrBuilt(bus) ? scanModules(await loadModule(bus)) : undefined;
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

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
